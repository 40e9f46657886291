#include <tollgate/keys/key_cache.hpp>

#include <tollgate/core/assert.hpp>
#include <tollgate/runtime/thread_name.hpp>

#include <chrono>

namespace tollgate::keys {

namespace {

caller_ptr caller_of(const store::key_row& row) {
    auto out = std::make_shared<ports::caller>();
    out->key = row.id;
    out->family = row.family;
    out->tenant = row.tenant;
    out->label = row.label;
    out->workspace = row.workspace;
    out->feature = row.feature;
    out->agent = row.agent;
    out->environment = row.environment;
    out->models = row.models;
    out->expires = row.expires;
    out->revoked = row.revoked;
    return out;
}

}

key_cache::key_cache(blocking_pool& pool, std::vector<std::unique_ptr<store::key_store>> readers,
                     std::unique_ptr<store::key_store> poller)
    : key_cache(pool, std::move(readers), std::move(poller), options{}) {}

key_cache::key_cache(blocking_pool& pool, std::vector<std::unique_ptr<store::key_store>> readers,
                     std::unique_ptr<store::key_store> poller, options how)
    : pool_(pool), how_(std::move(how)), known_(how_.keys_max), unknown_(how_.negatives_max),
      readers_(std::move(readers)), poller_(std::move(poller)) {
    TG_ASSERT(!readers_.empty() && poller_);
}

key_cache::~key_cache() { stop(); }

std::optional<caller_ptr> key_cache::look(const store::key_hash& hash) {
    const std::lock_guard lock(mutex_);
    if (const caller_ptr* found = known_.find(hash)) return *found;
    const std::int64_t* until = unknown_.find(hash);
    if (until && how_.steady_us() < *until) return caller_ptr{};
    return std::nullopt;
}

task<result<caller_ptr>> key_cache::read(executor on, store::key_hash hash) {
    auto work = [this, hash] { return read_through(hash); };
    auto done = co_await pool_.run(on, std::move(work));
    if (!done) co_return fail(errc::overloaded, "too many keys are being looked up");
    co_return std::move(*done);
}

result<caller_ptr> key_cache::read_through(const store::key_hash& hash) {
    const std::uint64_t before = generation();
    seen_.reads += 1;
    auto reader = take_reader();
    const auto row = reader->by_hash(hash);
    give_reader(std::move(reader));
    if (!row) {
        seen_.read_failures += 1;
        return fail(errc::ledger_unavailable, row.error().detail);
    }
    const caller_ptr found = *row ? caller_of(**row) : nullptr;
    remember(hash, found, before);
    return found;
}

// An answer that a change may have overtaken on its way is used once and not remembered.
void key_cache::remember(const store::key_hash& hash, const caller_ptr& found, std::uint64_t generation) {
    const std::lock_guard lock(mutex_);
    if (!following_ || generation_.load(std::memory_order_relaxed) != generation) return;
    if (found) {
        unknown_.erase(hash);
        known_.put(hash, found);
        return;
    }
    unknown_.put(hash, how_.steady_us() + std::int64_t{how_.negative_ms} * 1000);
}

std::shared_ptr<const tenant_flags> key_cache::flags() const {
    const std::lock_guard lock(mutex_);
    return flags_;
}

bool key_cache::poll_once() {
    if (poll_flags() && poll_keys()) return true;
    seen_.poll_failures += 1;
    return false;
}

bool key_cache::poll_flags() {
    for (;;) {
        const auto rows = poller_->flags_since(flags_revision_, limits::store_page_rows_max);
        if (!rows) return false;
        if (!rows->empty()) take_flags(*rows);
        if (rows->size() < limits::store_page_rows_max) return true;
    }
}

void key_cache::take_flags(const std::vector<store::tenant_flag>& rows) {
    auto next = std::make_shared<tenant_flags>(*flags());
    for (const store::tenant_flag& row : rows) {
        if (row.status.empty())
            next->erase(row.tenant);
        else if (next->size() < limits::tenant_flags_max || next->contains(row.tenant))
            (*next)[row.tenant] = row.status;
    }
    flags_revision_ = rows.back().revision;
    seen_.changes += rows.size();
    const std::lock_guard lock(mutex_);
    flags_ = std::move(next);
    generation_.fetch_add(1, std::memory_order_release);
}

bool key_cache::poll_keys() {
    if (!revision_) {
        const auto now = poller_->revision();
        if (!now) return false;
        revision_ = *now;
        const std::lock_guard lock(mutex_);
        following_ = true;
        return true;
    }
    for (;;) {
        const auto rows = poller_->changed_since(*revision_, limits::store_page_rows_max);
        if (!rows) return false;
        if (rows->empty()) return true;
        take_changes(*rows);
        revision_ = rows->back().revision;
        if (rows->size() < limits::store_page_rows_max) return true;
    }
}

void key_cache::take_changes(const std::vector<store::key_row>& rows) {
    const std::lock_guard lock(mutex_);
    for (const store::key_row& row : rows) {
        unknown_.erase(row.hash);
        if (known_.find(row.hash)) known_.put(row.hash, caller_of(row));
    }
    seen_.changes += rows.size();
    generation_.fetch_add(1, std::memory_order_release);
}

std::unique_ptr<store::key_store> key_cache::take_reader() {
    std::unique_lock lock(readers_mutex_);
    reader_free_.wait(lock, [this] { return !readers_.empty(); });
    auto reader = std::move(readers_.back());
    readers_.pop_back();
    return reader;
}

void key_cache::give_reader(std::unique_ptr<store::key_store> reader) {
    {
        const std::lock_guard lock(readers_mutex_);
        readers_.push_back(std::move(reader));
    }
    reader_free_.notify_one();
}

void key_cache::start() {
    TG_ASSERT(!thread_.joinable());
    poll_once(); // so that the first request meets every suspended tenant
    thread_ = std::thread([this] {
        name_this_thread("keys");
        poll_loop();
    });
}

void key_cache::stop() {
    {
        const std::lock_guard lock(poll_mutex_);
        stopping_ = true;
    }
    poll_wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void key_cache::poll_soon() {
    {
        const std::lock_guard lock(poll_mutex_);
        soon_ = true;
    }
    poll_wake_.notify_one();
}

void key_cache::poll_loop() {
    std::unique_lock lock(poll_mutex_);
    while (!stopping_) {
        soon_ = false;
        lock.unlock();
        poll_once();
        lock.lock();
        poll_wake_.wait_for(lock, std::chrono::milliseconds(how_.poll_ms), [this] { return stopping_ || soon_; });
    }
}

std::size_t key_cache::size() const {
    const std::lock_guard lock(mutex_);
    return known_.size();
}

}
