#pragma once

// Policies that want counters which nobody kept so far: before they go live, those counters are given what their
// windows have seen (app/counter_seeds.hpp). Safe for several processes at once, and to repeat. One thread.

#include <tollgate/app/counter_seeds.hpp>
#include <tollgate/observability/logger.hpp>
#include <tollgate/store/migration.hpp>

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tollgate {

class counter_seeder {
public:
    counter_seeder(store::database& database, observability::logger& log);

    // For policies of `next` that `before` does not have as they are; null: for all of them. Blocks. A tenant that
    // keeps what it kept costs a line of one query. The error is for a person.
    std::expected<void, std::string> prepare(const policy::policy_set& next, const policy::policy_set* before);

    // Seeds once more what was seeded a little ago: requests that ran under the old policy until every process had
    // taken the new one up, and holds that were counted in full and have ended since. Call it now and then; mostly it
    // does nothing.
    void follow_up();

private:
    using policy_ptr = std::shared_ptr<const policy::tenant_policy>;
    struct connections;
    struct pending {
        policy_ptr policy;
        app::families missing;
        std::int64_t due_ms = 0; // of the steady clock
        bool open = false, last = false;
        int failures = 0;
    };
    static constexpr std::int64_t over = -1;

    std::expected<void, std::string> prepare_some(std::span<const policy_ptr> policies,
                                                  const policy::policy_set* before, connections& use);
    store_result<void> seed(pending& work, connections& use);

    store::database& database_;
    observability::logger& log_;
    std::vector<pending> later_;
};

}
