#pragma once

// Counts the requests of keys to find storms of retries, and remembers what is blocked. No clock, no lock: instants
// are passed in, and whoever shares one between threads guards it.

#include <tollgate/core/ids.hpp>
#include <tollgate/core/time.hpp>
#include <tollgate/core/two_ages.hpp>
#include <tollgate/policy/policy.hpp>
#include <tollgate/policy/retry_facts.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

namespace tollgate::policy {

struct retry_request {
    std::string_view tenant, key;
    std::uint64_t hash = 0; // of the request and its key; never 0
    bool retried = false;   // the client says that it is an automatic retry
};

// One block, as processes tell it one another.
struct retry_block {
    tenant_id tenant;
    key_id key;
    std::uint64_t hash = 0; // of the one request that is blocked; 0: all of the key's
    storm_signal signal = storm_signal::same_request;
    instant until;
    instant forgotten;                   // a storm after this begins with the shortest block again
    std::int32_t level = 0;              // how often the block was doubled
    std::int64_t counted = 0, among = 0; // what made it a storm, of how many requests
};

// How many events lie within a window that slides. Counted by slices: an event is forgotten when it is between 15/16 of
// the window and the whole window old, never later.
class sliding_count {
public:
    void add(instant now, std::uint32_t window_ms);
    void take_back(); // the newest one
    std::int64_t within(instant now, std::uint32_t window_ms) const;
    void clear() { slices_ = {}; }

private:
    static constexpr std::int64_t slices = 16;
    std::array<std::uint32_t, slices> slices_{};
    std::int64_t newest_ = 0; // slice number since 1970
};

class retry_memory {
public:
    struct sizes {
        std::size_t requests_max, keys_max, blocks_max; // past them, what was not seen lately is forgotten
    };
    explicit retry_memory(sizes most);

    // Counts one request, unless it is blocked: a block does not feed itself. Begins a block when it is a storm.
    retry_facts observe(const retry_request& what, const retry_guard& guard, instant now);
    // Takes one request back: it was answered from what is kept, at no cost.
    void take_back(const retry_request& what);
    void note_refusal(std::string_view key, const retry_guard& guard, instant now);

    // Blocks that began here since the last call.
    std::vector<retry_block> take_begun();
    // One of another process, or of an earlier life of this one.
    void adopt(const retry_block& block);

private:
    struct block_name {
        std::string key;
        std::uint64_t hash;
        bool operator==(const block_name&) const = default;
    };
    struct hash_of_name {
        std::size_t operator()(const block_name& name) const {
            return std::hash<std::string>()(name.key) ^ static_cast<std::size_t>(name.hash);
        }
    };
    struct same_bits {
        std::size_t operator()(std::uint64_t hash) const { return static_cast<std::size_t>(hash); }
    };
    struct key_counts {
        sliding_count refusals, requests, retried;
    };

    const retry_block* running(std::string_view key, std::uint64_t hash, instant now) const;
    retry_facts count(const retry_request& what, const retry_guard& guard, instant now);
    void begin(const retry_request& what, const retry_guard& guard, retry_facts& seen, instant now);
    void keep(const retry_block& block);
    void make_room();

    sizes most_;
    two_ages<std::uint64_t, sliding_count, same_bits> requests_;
    two_ages<std::string, key_counts, std::hash<std::string>> keys_;
    std::unordered_map<block_name, retry_block, hash_of_name> blocks_;
    std::vector<retry_block> begun_;
};

}
