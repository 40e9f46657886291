#pragma once

// Carries blocks of the retry guard between this process and the store, off the request path: one that began here is
// written, what other processes wrote is taken over, and a restart finds what an earlier life had blocked.

#include <tollgate/app/retry_watch.hpp>
#include <tollgate/store/retry_block_store.hpp>

#include <memory>
#include <vector>

namespace tollgate::app {

// One thread at a time.
class retry_share {
public:
    retry_share(retry_watch& watch, std::unique_ptr<store::retry_block_store> store)
        : watch_(watch), store_(std::move(store)) {}

    // At start: with those that ended lately, so that doubling goes on where it was.
    store_result<void> load(instant now);
    // Every limits::key_poll_ms. What cannot be written now is written next time.
    store_result<void> exchange(instant now);

private:
    store_result<void> adopt_after(instant after);

    retry_watch& watch_;
    std::unique_ptr<store::retry_block_store> store_;
    std::vector<policy::retry_block> unwritten_;
};

}
