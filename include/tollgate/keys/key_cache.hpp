#pragma once

// What this process knows of keys, shared by its I/O threads. Reads through to the store on a miss; a poll follows the
// store's changes, so that a revocation is effective here within a second, wherever it was made.
//
// When the poll cannot reach the store, known keys go on being served: a request could not be paid for without the
// store anyway. Nothing new is known then, and a revocation made meanwhile arrives with the first poll that succeeds.

#include <tollgate/core/error.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/core/two_ages.hpp>
#include <tollgate/ports/key_directory.hpp>
#include <tollgate/runtime/blocking_pool.hpp>
#include <tollgate/runtime/ticker.hpp>
#include <tollgate/store/key_store.hpp>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace tollgate::keys {

// The hashes are pseudo-random already.
struct first_bytes {
    std::size_t operator()(const store::key_hash& hash) const noexcept {
        std::size_t out = 0;
        std::memcpy(&out, hash.data(), sizeof out);
        return out;
    }
};

struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};
using tenant_flags = std::unordered_map<std::string, std::string, text_hash, std::equal_to<>>;

using caller_ptr = std::shared_ptr<const ports::caller>;

class key_cache {
public:
    struct options {
        std::size_t keys_max = limits::key_cache_max;
        std::size_t negatives_max = limits::key_negative_cache_max;
        std::uint32_t negative_ms = limits::key_negative_ms;
        std::uint32_t poll_ms = limits::key_poll_ms;
        std::function<std::int64_t()> steady_us = steady_now_us;
    };
    struct counters { // for metrics
        std::atomic<std::uint64_t> reads{0}, read_failures{0}, changes{0}, poll_failures{0};
    };

    // `readers`: one for each read that may run at once; `poller` is the poll's own.
    key_cache(blocking_pool& pool, std::vector<std::unique_ptr<store::key_store>> readers,
              std::unique_ptr<store::key_store> poller);
    key_cache(blocking_pool& pool, std::vector<std::unique_ptr<store::key_store>> readers,
              std::unique_ptr<store::key_store> poller, options how);
    ~key_cache();
    key_cache(const key_cache&) = delete;
    key_cache& operator=(const key_cache&) = delete;

    void start(); // the poll, on a thread of its own
    void stop();
    void poll_soon(); // a change was made in this process: do not wait for the next poll

    // What is known without the store; nothing: not known. A null caller: known not to exist.
    std::optional<caller_ptr> look(const store::key_hash& hash);
    // Asks the store, and remembers. Errors: ledger_unavailable, overloaded.
    task<result<caller_ptr>> read(executor on, store::key_hash hash);

    // Grows with every change seen: what was looked up under this generation still holds.
    std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

    // Tenants with a status set at run time. Never null; good for as long as the generation stands still.
    std::shared_ptr<const tenant_flags> flags() const;

    // One poll; false when the store did not answer. The poll thread's body, for tests to drive.
    bool poll_once();

    std::size_t size() const; // keys known
    const counters& seen() const { return seen_; }

private:
    using map = two_ages<store::key_hash, caller_ptr, first_bytes>;
    using negatives = two_ages<store::key_hash, std::int64_t, first_bytes>; // until when, steady clock

    result<caller_ptr> read_through(const store::key_hash& hash);
    void remember(const store::key_hash& hash, const caller_ptr& found, std::uint64_t generation);
    void take_changes(const std::vector<store::key_row>& rows);
    bool poll_keys();
    bool poll_flags();
    void take_flags(const std::vector<store::tenant_flag>& rows);
    std::unique_ptr<store::key_store> take_reader();
    void give_reader(std::unique_ptr<store::key_store> reader);
    void poll_loop();

    blocking_pool& pool_;
    options how_;
    counters seen_;
    std::atomic<std::uint64_t> generation_{1};

    mutable std::mutex mutex_;
    map known_;              // under mutex_
    negatives unknown_;      // under mutex_
    bool following_ = false; // under mutex_: the poll knows where it stands
    std::shared_ptr<const tenant_flags> flags_ = std::make_shared<const tenant_flags>(); // under mutex_

    std::mutex readers_mutex_;
    std::condition_variable reader_free_;
    std::vector<std::unique_ptr<store::key_store>> readers_; // under readers_mutex_

    std::unique_ptr<store::key_store> poller_;
    std::optional<std::int64_t> revision_; // the poll's
    std::int64_t flags_revision_ = 0;      // the poll's; from the first flag ever
    std::mutex poll_mutex_;
    std::condition_variable poll_wake_;
    bool stopping_ = false, soon_ = false; // under poll_mutex_
    std::thread thread_;
};

}
