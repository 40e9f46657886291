#include <tollgate/policy/retry_memory.hpp>

#include <algorithm>
#include <utility>

namespace tollgate::policy {

namespace {

// Fewer requests say nothing about their share of retries.
constexpr std::int64_t requests_for_share = 20;
constexpr std::int64_t retried_permille = 300;
constexpr std::int32_t level_max = 30;

std::int64_t block_us(const retry_guard& guard, std::int32_t level) {
    const std::int64_t doubled = std::int64_t{guard.block_ms} << std::min(level, level_max);
    return std::min<std::int64_t>(doubled, guard.block_ms_max) * 1000;
}

// What a block that runs tells the request that meets it.
retry_facts facts_of(const retry_block& block) {
    retry_facts out;
    out.signal = block.signal;
    out.blocked_until = block.until;
    switch (block.signal) {
    case storm_signal::none: break;
    case storm_signal::same_request: out.same_request = block.counted; break;
    case storm_signal::refusals: out.refusals = block.counted; break;
    case storm_signal::sdk_retries:
        out.retried = block.counted;
        out.requests = block.among;
        break;
    }
    return out;
}

}

storm_signal storm_of(const retry_facts& seen, const retry_guard& guard) {
    if (seen.same_request > guard.same_request) return storm_signal::same_request;
    // The request that asks would be one more.
    if (seen.refusals >= guard.refusals) return storm_signal::refusals;
    const bool many = seen.requests >= requests_for_share;
    if (many && seen.retried * 1000 >= seen.requests * retried_permille) return storm_signal::sdk_retries;
    return storm_signal::none;
}

retry_memory::retry_memory(sizes most) : most_(most), requests_(most.requests_max), keys_(most.keys_max) {}

const retry_block* retry_memory::running(std::string_view key, std::uint64_t hash, instant now) const {
    if (blocks_.empty()) return nullptr;
    for (const std::uint64_t each : {std::uint64_t{0}, hash}) {
        const auto at = blocks_.find({std::string(key), each});
        if (at != blocks_.end() && now < at->second.until) return &at->second;
    }
    return nullptr;
}

retry_facts retry_memory::count(const retry_request& what, const retry_guard& guard, instant now) {
    const auto slot = [](auto& map, const auto& name) -> auto& {
        auto* found = map.find(name);
        return found ? *found : map.put(name, {});
    };
    sliding_count& same = slot(requests_, what.hash);
    key_counts& of_key = slot(keys_, std::string(what.key));
    same.add(now, guard.within_ms);
    of_key.requests.add(now, guard.within_ms);
    if (what.retried) of_key.retried.add(now, guard.within_ms);
    retry_facts seen;
    seen.same_request = same.within(now, guard.within_ms);
    seen.refusals = of_key.refusals.within(now, guard.within_ms);
    seen.requests = of_key.requests.within(now, guard.within_ms);
    seen.retried = of_key.retried.within(now, guard.within_ms);
    return seen;
}

retry_facts retry_memory::observe(const retry_request& what, const retry_guard& guard, instant now) {
    if (const retry_block* block = running(what.key, what.hash, now)) return facts_of(*block);
    retry_facts seen = count(what, guard, now);
    seen.signal = storm_of(seen, guard);
    if (seen.signal != storm_signal::none) begin(what, guard, seen, now);
    return seen;
}

// What was counted is spent: after the block it takes a whole new storm to begin another.
void retry_memory::begin(const retry_request& what, const retry_guard& guard, retry_facts& seen, instant now) {
    const bool one_request = seen.signal == storm_signal::same_request;
    retry_block block;
    block.tenant = what.tenant;
    block.key = what.key;
    block.hash = one_request ? what.hash : 0;
    block.signal = seen.signal;
    if (const auto last = blocks_.find({block.key, block.hash}); last != blocks_.end() && now < last->second.forgotten)
        block.level = std::min(last->second.level + 1, level_max);
    block.until = instant{now.us + block_us(guard, block.level)};
    block.forgotten = instant{block.until.us + std::int64_t{guard.block_ms_max} * 1000};
    switch (seen.signal) {
    case storm_signal::none: break;
    case storm_signal::same_request: block.counted = seen.same_request; break;
    case storm_signal::refusals: block.counted = seen.refusals; break;
    case storm_signal::sdk_retries:
        block.counted = seen.retried;
        block.among = seen.requests;
        break;
    }
    seen.blocked_until = block.until;
    seen.begins = true;
    if (one_request)
        requests_.erase(what.hash);
    else
        keys_.erase(block.key);
    keep(block);
    if (begun_.size() < most_.blocks_max) begun_.push_back(std::move(block));
}

void retry_memory::take_back(const retry_request& what) {
    if (sliding_count* same = requests_.find(what.hash)) same->take_back();
    key_counts* of_key = keys_.find(std::string(what.key));
    if (!of_key) return;
    of_key->requests.take_back();
    if (what.retried) of_key->retried.take_back();
}

void retry_memory::note_refusal(std::string_view key, const retry_guard& guard, instant now) {
    // Known since it was observed, unless it has been forgotten or blocked meanwhile.
    if (key_counts* of_key = keys_.find(std::string(key))) of_key->refusals.add(now, guard.within_ms);
}

std::vector<retry_block> retry_memory::take_begun() { return std::exchange(begun_, {}); }

void retry_memory::adopt(const retry_block& block) {
    const auto known = blocks_.find({block.key, block.hash});
    if (known != blocks_.end() && known->second.until >= block.until) return;
    keep(block);
}

void retry_memory::keep(const retry_block& block) {
    make_room();
    blocks_.insert_or_assign({block.key, block.hash}, block);
}

// Full: the one that ends first goes. Rare, and a block is no promise to anybody.
void retry_memory::make_room() {
    if (blocks_.size() < most_.blocks_max) return;
    const auto first = std::ranges::min_element(blocks_, {}, [](const auto& each) { return each.second.until; });
    blocks_.erase(first);
}

}
