#include <tollgate/app/retry_watch.hpp>

#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <functional>
#include <iterator>

namespace tollgate::app {

retry_watch::shard::shard()
    : memory({limits::retry_requests_max / limits::retry_shards, limits::retry_keys_max / limits::retry_shards,
              limits::retry_blocks_max / limits::retry_shards}) {}

retry_watch::retry_watch(const hash_key& secret) : secret_(secret) {
    for (std::size_t i = 0; i < limits::retry_shards; ++i) shards_.push_back(std::make_unique<shard>());
}

std::uint64_t retry_watch::hash_of(std::string_view key, std::string_view path, std::string_view body) const {
    return std::max<std::uint64_t>(keyed_hash(secret_, body, keyed_hash(secret_, path, keyed_hash(secret_, key))), 1);
}

// Everything about a key lies in one shard.
retry_watch::shard& retry_watch::of(std::string_view key) {
    return *shards_[std::hash<std::string_view>()(key) % shards_.size()];
}

policy::retry_facts retry_watch::observe(const policy::retry_request& what, const policy::retry_guard& guard,
                                         instant now) {
    shard& at = of(what.key);
    const std::lock_guard lock(at.mutex);
    return at.memory.observe(what, guard, now);
}

void retry_watch::take_back(const policy::retry_request& what) {
    shard& at = of(what.key);
    const std::lock_guard lock(at.mutex);
    at.memory.take_back(what);
}

void retry_watch::note_refusal(std::string_view key, const policy::retry_guard& guard, instant now) {
    shard& at = of(key);
    const std::lock_guard lock(at.mutex);
    at.memory.note_refusal(key, guard, now);
}

std::vector<policy::retry_block> retry_watch::take_begun() {
    std::vector<policy::retry_block> all;
    for (const auto& at : shards_) {
        const std::lock_guard lock(at->mutex);
        auto some = at->memory.take_begun();
        std::ranges::move(some, std::back_inserter(all));
    }
    return all;
}

void retry_watch::adopt(const policy::retry_block& block) {
    shard& at = of(block.key);
    const std::lock_guard lock(at.mutex);
    at.memory.adopt(block);
}

}
