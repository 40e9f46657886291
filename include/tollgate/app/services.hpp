#pragma once

// What a request may use. One per I/O thread, built by the daemon; everything here outlives every request.

#include <tollgate/app/provider_board.hpp>
#include <tollgate/app/retry_watch.hpp>
#include <tollgate/core/catalog.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/core/price_baselines.hpp>
#include <tollgate/policy/policy.hpp>
#include <tollgate/ports/clock.hpp>
#include <tollgate/ports/confirmations.hpp>
#include <tollgate/ports/digester.hpp>
#include <tollgate/ports/key_directory.hpp>
#include <tollgate/ports/ledger.hpp>
#include <tollgate/ports/metrics.hpp>
#include <tollgate/ports/request_log.hpp>
#include <tollgate/ports/upstream.hpp>
#include <tollgate/runtime/blocking_pool.hpp>
#include <tollgate/store/account_store.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tollgate::app {

// Configuration that a request reads: one immutable snapshot, swapped whole on reload.
struct configuration {
    std::shared_ptr<const tollgate::catalog> catalog;
    std::shared_ptr<const policy::policy_set> policies;
    // Tenants whose policy was published at run time, in the place of a file's. Null: none.
    std::shared_ptr<const std::unordered_set<std::string>> published = nullptr;
    std::size_t body_bytes_max = 0;
    std::uint32_t request_total_ms = 0; // from forwarding to the end of the answer
    std::vector<std::string> unmetered_paths;
    std::shared_ptr<const price_baselines> approved; // null: not read yet, and no price is compared
};

class live_configuration {
public:
    std::shared_ptr<const configuration> get() const { return current_.load(); }
    // Approved prices are kept from what was before.
    void set(std::shared_ptr<const configuration> next) {
        const std::lock_guard lock(writers_);
        configuration made = *next;
        if (const auto before = current_.load()) made.approved = before->approved;
        current_.store(std::make_shared<const configuration>(std::move(made)));
    }
    void set_approved(std::shared_ptr<const price_baselines> approved) {
        const std::lock_guard lock(writers_);
        configuration made = *current_.load();
        made.approved = std::move(approved);
        current_.store(std::make_shared<const configuration>(std::move(made)));
    }

private:
    std::mutex writers_;
    std::atomic<std::shared_ptr<const configuration>> current_;
};

// Reads for people, shared by the threads: each call takes one of a few stores for its own.
class account_reader {
public:
    account_reader(blocking_pool& pool, std::vector<std::unique_ptr<store::account_store>> stores)
        : pool_(pool), stores_(std::move(stores)) {}

    // Runs `read(store)` on the pool. Errors: ledger_unavailable, overloaded.
    template <class Read>
    auto run(executor on, Read read)
        -> task<result<typename std::invoke_result_t<Read, store::account_store&>::value_type>>;

private:
    std::unique_ptr<store::account_store> take();
    void give(std::unique_ptr<store::account_store> store);

    blocking_pool& pool_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<store::account_store>> stores_;
};

// What tenants had left when this thread last held for them: for answers that never came to the ledger.
class remaining_memory {
public:
    void note(const tenant_id& tenant, usd_nano left) {
        if (seen_.size() >= limits::key_cache_max) seen_.clear();
        seen_[tenant] = left;
    }
    std::optional<usd_nano> recall(const tenant_id& tenant) const {
        const auto at = seen_.find(tenant);
        return at == seen_.end() ? std::nullopt : std::optional(at->second);
    }

private:
    std::unordered_map<tenant_id, usd_nano> seen_;
};

struct services {
    const live_configuration& config;
    ports::key_directory& keys;
    ports::ledger_port& ledger;
    ports::upstream& upstream;
    ports::clock& clock;
    ports::rng& rng;
    ports::request_log& log;
    ports::metrics& metrics;
    account_reader& accounts;
    ports::confirmations& confirmations;
    ports::digester& digests;
    retry_watch& retries; // shared by the threads
    executor on;
    std::string node;                            // names this process on its reservations
    const std::atomic<bool>* stopping = nullptr; // true: the process ends, nothing is awaited for its own sake any more
    remaining_memory remaining{};
    provider_watch providers{};
};

template <class Read>
auto account_reader::run(executor on, Read read)
    -> task<result<typename std::invoke_result_t<Read, store::account_store&>::value_type>> {
    using answer = std::invoke_result_t<Read, store::account_store&>;
    auto work = [this, read = std::move(read)]() mutable -> answer {
        auto store = take();
        if (!store) return std::unexpected(store_error{store_fault::unavailable, "no reader is free"});
        answer value = read(*store);
        give(std::move(store));
        return value;
    };
    auto done = co_await pool_.run(on, std::move(work));
    if (!done) co_return fail(errc::overloaded, "too many account queries are waiting");
    if (!*done) co_return fail(errc::ledger_unavailable, done->error().detail);
    co_return std::move(**done);
}

}
