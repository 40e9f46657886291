#pragma once

// facts + policy -> decision. Pure. THE list of rules is src/policy/rule_table.cpp.

#include <tollgate/core/limit_check.hpp>
#include <tollgate/core/refusal.hpp>
#include <tollgate/policy/facts.hpp>
#include <tollgate/policy/policy.hpp>

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tollgate::policy {

struct rule {
    std::string_view name;
    std::optional<refusal> (*judge)(const facts&, const tenant_policy&); // nothing: no objection
};

std::span<const rule> all_rules();
// The first of them, which look at the caller alone: judged before a body is read.
std::span<const rule> caller_rules();

// The first rule that objects wins. Null policy: the tenant has none.
std::optional<refusal> decide(const facts& about, const tenant_policy* policy);
std::optional<refusal> decide_caller(const facts& about, const tenant_policy* policy);

// The limits in money, tokens, requests and concurrency that apply, for the ledger to judge. `limit` is an index into
// this very list.
std::vector<limit_check> limits_for(const facts& about, const tenant_policy& policy);

// Names one of those limits again: for refusals, headers and warnings.
struct limit_name {
    std::string name;                 // "hard_stop_usd", "monthly_budget_usd", or the limit's own
    std::string scope_kind, scope_id; // the most specific dimension and its value
    errc code = errc::tenant_budget_exceeded;
    std::string action;
};
limit_name name_limit(const limit_check& check, std::size_t index, const facts& about, const tenant_policy& policy);

}
