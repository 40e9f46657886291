#pragma once

// What the admin listener needs of the rest of the process. Filled by the daemon.

#include <tollgate/admin/access.hpp>
#include <tollgate/admin/problem.hpp>
#include <tollgate/app/health.hpp>
#include <tollgate/app/services.hpp>
#include <tollgate/policy/policy.hpp>
#include <tollgate/store/audit.hpp>
#include <tollgate/store/migration.hpp>

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tollgate::admin {

// A policy read from text, or what is wrong with it.
struct policy_problem {
    std::uint32_t line = 0, column = 0; // 0: the text as a whole
    std::string message;
};
struct read_policy {
    std::shared_ptr<const policy::tenant_policy> policy;
    std::string canonical; // what is stored
};

// An approved increase of a price: who owns the prices says what that changes.
struct price_approval {
    std::string tenant; // empty: for all
    std::string model, provider, actor;
};

struct admin_sources {
    // ---- called on the admin listener's thread; must not block ----
    std::function<std::vector<app::health_check>()> readiness;
    std::function<std::string()> metrics; // Prometheus text
    std::function<std::shared_ptr<const app::configuration>()> config;
    std::function<instant()> now;

    // ---- called on the pool; any thread ----
    std::function<std::expected<read_policy, std::vector<policy_problem>>(const std::string& text)> parse_policy;
    std::function<std::string(std::string_view tenant)> tenant_status; // as this process follows it
    std::function<std::uint64_t()> random;
    std::function<void()> changed; // something was: do not wait for the next poll
    // Absent: prices need no approval here. Answers JSON, or why not.
    std::function<std::expected<std::string, problem>(const price_approval& asked)> approve_price;
};

// Where the blocking work is done, and with what.
struct admin_work {
    executor on; // of the listener
    blocking_pool& pool;
    store::database& database;
    const keys::key_hasher& hasher;
    std::string key_prefix;
    std::uint32_t rotate_grace_ms = 0;
};

}
