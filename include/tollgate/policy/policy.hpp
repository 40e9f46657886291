#pragma once

// A tenant's policy as loaded and checked: what config produces, what the rules read.

#include <tollgate/core/attribution.hpp>
#include <tollgate/core/limit_check.hpp>
#include <tollgate/core/money.hpp>
#include <tollgate/core/window.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tollgate::policy {

enum class status : std::uint8_t { active, suspended, closed };
enum class mode : std::uint8_t { enforce, shadow };
enum class action : std::uint8_t { notify, confirm, downgrade, throttle, fail_closed };
enum class refusal_profile : std::uint8_t { standard, openai };
enum class usage_unknown : std::uint8_t { charge_estimate, charge_input, release };

// "downgrade_then_fail_closed": its steps, in order.
using action_chain = std::vector<action>;
// Nothing when a step is unknown, or the chain can end without refusing or serving.
std::optional<action_chain> parse_action(std::string_view text);
std::string name_of(const action_chain& chain);
std::string_view name_of(action step);

using tollgate::measure;
std::string_view name_of(measure what);

struct limit {
    std::string name;
    std::vector<std::pair<dimension, std::string>> match; // all must hold, ascending by dimension
    std::vector<dimension> per;                           // one counter for each distinct tuple, ascending
    measure what = measure::cost;
    std::int64_t maximum = 0;                  // nano-USD for cost, else a count
    window span = window::month;               // concurrency: total
    action_chain actions{action::fail_closed}; // what runs past it
};

struct retry_guard {
    std::int32_t same_request = 5, refusals = 10;
    std::uint32_t within_ms = 60'000, block_ms = 30'000, block_ms_max = 900'000;
};

struct fallback {
    std::int32_t attempts_max = 1;
    std::vector<std::string> providers;
    // What takes the place of another, and a price that has risen, may cost so much more. Absent: nothing dearer may
    // take a place, and prices are paid as they are.
    std::optional<std::int32_t> price_increase_max_permille;
};

struct tenant_policy {
    std::string tenant, version, hash, name; // hash: SHA-256 of the merged, canonical content, hex
    policy::status status = status::active;
    policy::mode mode = mode::enforce;
    std::shared_ptr<const time_zone> zone = time_zone::utc();
    std::optional<usd_nano> monthly_budget, hard_stop, daily_soft_limit;
    std::optional<usd_nano> prepaid_opening; // set: prepaid is required; the opening grant
    usd_nano credit_limit;                   // how far prepaid may go below zero
    std::vector<std::string> allowed_tiers;  // empty: all
    std::vector<std::string> blocked_features;
    action_chain over_limit{action::fail_closed};
    action_chain soft_limit{action::notify};
    bool downgrade_accepted = false;
    std::map<std::string, std::string> downgrade_to; // tier -> model alias
    std::vector<limit> limits;
    std::optional<usd_nano> per_request_max; // the tightest `per_request_usd`
    std::string per_request_limit_name;
    std::optional<retry_guard> retries;
    policy::fallback fallback;
    std::int64_t default_max_tokens = 4096;
    bool clamp_to_budget = false;
    bool allow_hosted_tools = false;
    std::int64_t hosted_tool_calls_max = 8; // injected as max_tool_calls when hosted tools are allowed
    policy::usage_unknown usage_unknown = usage_unknown::charge_estimate;
    refusal_profile refusals = refusal_profile::standard;
    std::vector<std::int32_t> alert_levels_permille{500, 800, 900, 1000};
    std::vector<std::string> alert_webhooks;
    std::int32_t charge_permille = 1000; // customer charge = provider cost x this

    bool limits_money() const; // any limit in cost, or prepaid
};

// Immutable; swapped whole on reload.
struct policy_set {
    std::unordered_map<std::string, std::shared_ptr<const tenant_policy>> tenants;
    const tenant_policy* find(std::string_view tenant) const;
};

}
