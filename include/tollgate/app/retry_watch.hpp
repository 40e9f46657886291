#pragma once

// The retry guard of a process: what its I/O threads share to find storms of retries. Touched only for tenants whose
// policy has a retry_guard. Any thread.

#include <tollgate/core/keyed_hash.hpp>
#include <tollgate/policy/retry_memory.hpp>

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace tollgate::app {

class retry_watch {
public:
    // `secret`: the same for every process of a store, which tell one another what is blocked.
    explicit retry_watch(const hash_key& secret);

    // The name of a request among all requests: of its key, path and bytes.
    std::uint64_t hash_of(std::string_view key, std::string_view path, std::string_view body) const;

    policy::retry_facts observe(const policy::retry_request& what, const policy::retry_guard& guard, instant now);
    void take_back(const policy::retry_request& what);
    void note_refusal(std::string_view key, const policy::retry_guard& guard, instant now);

    std::vector<policy::retry_block> take_begun(); // since the last call
    void adopt(const policy::retry_block& block);

private:
    struct shard {
        shard();
        std::mutex mutex;
        policy::retry_memory memory; // under mutex
    };
    shard& of(std::string_view key);

    hash_key secret_;
    std::vector<std::unique_ptr<shard>> shards_;
};

}
