#pragma once

// The tables of a policy file. To add a field: a member in policy/policy.hpp, a line here, a property in
// config/schema/policy.schema.json.

#include <tollgate/config/policy_file.hpp>
#include <tollgate/core/limits.hpp>

namespace tollgate::config {

std::optional<std::vector<std::string>> read_urls(node& value, context& at);

// A limit as written: which measure it names decides what else it needs.
struct limit_entry {
    policy::limit made;
    std::optional<usd_nano> cost, per_request;
    std::optional<std::int64_t> tokens, requests, concurrency;
    bool has_window = false, has_action = false, has_scope = false;
};

struct hosted_tools {
    bool allow = false;
    std::int64_t calls_max = 8;
};

struct policy_entry {
    policy::tenant_policy made;
    std::string zone = "UTC";
    hosted_tools tools;
};

void read_over_limit_action(node& value, policy_entry& into, context& at);
void read_soft_limit_action(node& value, policy_entry& into, context& at);
void read_downgrade_targets(node& value, policy::tenant_policy& into, context& at);
void read_limits(node& value, policy_entry& into, context& at); // src/config/policy_limits.cpp
void read_match(node& value, limit_entry& into, context& at);
void read_per(node& value, limit_entry& into, context& at);
void read_window(node& value, limit_entry& into, context& at);
void read_limit_action(node& value, limit_entry& into, context& at);
void read_alert_levels(node& value, policy::tenant_policy& into, context& at);
std::optional<std::string> read_tenant_id(node& value, context& at);

std::vector<std::string_view> dimension_names();
std::vector<std::string_view> window_names();

// What must hold between the fields, and between them and the catalogue.
void check_policy(const node& document, const policy_entry& read, const policy_context& with, context& at);

inline constexpr choice<policy::status> statuses[] = {
    {"active", policy::status::active},
    {"suspended", policy::status::suspended},
    {"closed", policy::status::closed},
};
inline constexpr choice<policy::mode> modes[] = {
    {"enforce", policy::mode::enforce},
    {"shadow", policy::mode::shadow},
};
inline constexpr choice<policy::refusal_profile> refusal_profiles[] = {
    {"default", policy::refusal_profile::standard},
    {"openai", policy::refusal_profile::openai},
};
inline constexpr choice<policy::usage_unknown> usage_unknowns[] = {
    {"charge_estimate", policy::usage_unknown::charge_estimate},
    {"charge_input", policy::usage_unknown::charge_input},
    {"release", policy::usage_unknown::release},
};

inline constexpr field<limit_entry> limit_fields[] = {
    {"name",
     [](node& value, limit_entry& into, context& at) {
         if (auto name = read_name(value, at)) into.made.name = std::move(*name);
     }},
    {"match", read_match},
    {"per", read_per},
    bind<&limit_entry::cost, read_money>("cost_usd"),
    bind<&limit_entry::tokens, read_count<0, 1'000'000'000'000'000>>("tokens"),
    bind<&limit_entry::requests, read_count<0, 1'000'000'000'000>>("requests"),
    bind<&limit_entry::concurrency, read_count<0, 1'000'000>>("concurrency"),
    bind<&limit_entry::per_request, read_money>("per_request_usd"),
    {"window", read_window},
    {"action", read_limit_action},
};

inline constexpr field<policy::retry_guard> retry_guard_fields[] = {
    bind<&policy::retry_guard::same_request, read_count<1, 1'000'000, std::int32_t>>("same_request"),
    bind<&policy::retry_guard::refusals, read_count<1, 1'000'000, std::int32_t>>("refusals"),
    bind<&policy::retry_guard::within_ms, read_ms<1'000, 3'600'000>>("within"),
    bind<&policy::retry_guard::block_ms, read_ms<1'000, limits::retry_block_ms_max>>("block"),
    bind<&policy::retry_guard::block_ms_max, read_ms<1'000, limits::retry_block_ms_max>>("block_max"),
};

inline constexpr field<policy::fallback> fallback_fields[] = {
    bind<&policy::fallback::attempts_max, read_count<1, 8, std::int32_t>>("max_attempts"),
    bind<&policy::fallback::providers, read_names>("providers"),
    bind<&policy::fallback::price_increase_max_permille, read_permille<100'000>>("price_increase_max"),
};

inline constexpr field<policy::tenant_policy> downgrade_fields[] = {
    bind<&policy::tenant_policy::downgrade_accepted, read_flag>("accepted"),
    {"to", read_downgrade_targets},
};

inline constexpr field<policy::tenant_policy> output_fields[] = {
    bind<&policy::tenant_policy::default_max_tokens, read_count<1, limits::tokens_max>>("default_max_tokens"),
    bind<&policy::tenant_policy::clamp_to_budget, read_flag>("clamp_to_budget"),
};

inline constexpr field<policy::tenant_policy> alert_fields_of_policy[] = {
    {"levels", read_alert_levels},
    bind<&policy::tenant_policy::alert_webhooks, read_urls>("webhooks"),
};

inline constexpr field<hosted_tools> hosted_tools_fields[] = {
    bind<&hosted_tools::allow, read_flag>("allow"),
    bind<&hosted_tools::calls_max, read_count<0, 1'000>>("max_calls"),
};

// A field of the finished policy.
template <auto Member, auto Read>
constexpr field<policy_entry> of_policy(std::string_view key) {
    return {key, [](node& value, policy_entry& into, context& at) {
                if (auto got = Read(value, at)) into.made.*Member = std::move(*got);
            }};
}

template <const auto& Fields>
constexpr field<policy_entry> group(std::string_view key) {
    return {key, [](node& value, policy_entry& into, context& at) { read_object(value, Fields, into.made, at); }};
}

inline constexpr field<policy_entry> policy_fields[] = {
    of_policy<&policy::tenant_policy::tenant, read_tenant_id>("tenant_id"),
    of_policy<&policy::tenant_policy::version, read_name>("policy_version"),
    {"extends", [](node&, policy_entry&, context&) {}}, // followed before the fields are read
    of_policy<&policy::tenant_policy::name, read_name>("name"),
    of_policy<&policy::tenant_policy::status, read_choice<statuses>>("status"),
    bind<&policy_entry::zone, read_name>("timezone"),
    of_policy<&policy::tenant_policy::mode, read_choice<modes>>("mode"),
    of_policy<&policy::tenant_policy::monthly_budget, read_money>("monthly_budget_usd"),
    of_policy<&policy::tenant_policy::hard_stop, read_money>("hard_stop_usd"),
    of_policy<&policy::tenant_policy::daily_soft_limit, read_money>("daily_soft_limit_usd"),
    of_policy<&policy::tenant_policy::prepaid_opening, read_money>("prepaid_balance_usd"),
    of_policy<&policy::tenant_policy::credit_limit, read_money>("credit_limit_usd"),
    of_policy<&policy::tenant_policy::allowed_tiers, read_names>("allowed_model_tiers"),
    of_policy<&policy::tenant_policy::blocked_features, read_names>("blocked_features"),
    {"over_limit_action", read_over_limit_action},
    {"soft_limit_action", read_soft_limit_action},
    group<downgrade_fields>("downgrade"),
    {"limits", read_limits},
    {"retry_guard", [](node& value, policy_entry& into,
                       context& at) { read_object(value, retry_guard_fields, into.made.retries.emplace(), at); }},
    {"fallback",
     [](node& value, policy_entry& into, context& at) { read_object(value, fallback_fields, into.made.fallback, at); }},
    group<output_fields>("output"),
    nest<&policy_entry::tools, hosted_tools_fields>("hosted_tools"),
    of_policy<&policy::tenant_policy::usage_unknown, read_choice<usage_unknowns>>("usage_unknown"),
    of_policy<&policy::tenant_policy::refusals, read_choice<refusal_profiles>>("refusal_profile"),
    group<alert_fields_of_policy>("alerts"),
    of_policy<&policy::tenant_policy::charge_permille, read_permille<100'000>>("charge_multiplier"),
};

}
