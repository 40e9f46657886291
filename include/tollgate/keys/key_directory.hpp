#pragma once

// ports::key_directory for one I/O thread: its own small map over the shared cache, valid as long as the cache's
// generation stands still. A known key costs one hash and one look-up, without a lock.

#include <tollgate/keys/key_cache.hpp>
#include <tollgate/keys/secret.hpp>

#include <unordered_map>

namespace tollgate::keys {

class key_directory final : public ports::key_directory {
public:
    // Must outlive the calls of `find`.
    key_directory(executor on, key_cache& cache, const key_hasher& hash,
                  std::size_t keys_max = limits::key_thread_cache_max);

    std::optional<std::shared_ptr<const ports::caller>> known(std::string_view secret) override;
    task<result<std::shared_ptr<const ports::caller>>> find(std::string_view secret) override;
    std::string tenant_status(std::string_view tenant) const override;

private:
    struct entry {
        caller_ptr caller; // this thread's own copy: its count is not shared with other threads
        std::uint64_t generation = 0;
    };
    // A read that several requests wait for.
    struct flight {
        explicit flight(executor on) : done(on, steady_timer::time_point::max()) {}
        steady_timer done;
        result<caller_ptr> answer{nullptr};
    };

    std::optional<caller_ptr> recall(const store::key_hash& hash);
    task<result<caller_ptr>> read(store::key_hash hash);
    caller_ptr keep(const store::key_hash& hash, const caller_ptr& found, std::uint64_t generation);

    executor on_;
    key_cache& cache_;
    mutable std::shared_ptr<const tenant_flags> flags_; // this thread's, of `flags_generation_`
    mutable std::uint64_t flags_generation_ = 0;
    key_hasher hash_;
    two_ages<store::key_hash, entry, first_bytes> mine_;
    std::unordered_map<store::key_hash, std::shared_ptr<flight>, first_bytes> flights_;
};

}
