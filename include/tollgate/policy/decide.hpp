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
    bool advisory = false; // in shadow mode the request is served in spite of it
};

std::span<const rule> all_rules();
// The first of them, which look at the caller alone: judged before a body is read.
std::span<const rule> caller_rules();

struct ruling {
    std::optional<refusal> objection; // to act on
    std::string_view rule;            // that made it; or in shadow mode, that would have
    std::optional<errc> would_have;   // in shadow mode: the code of the first objection that was passed over
};

// The first rule that objects wins. Null policy: the tenant has none.
ruling decide(const facts& about, const tenant_policy* policy);
ruling decide_caller(const facts& about, const tenant_policy* policy);

// A request's worst case at the price in force and at the approved one: more than the policy accepts?
bool price_spiked(usd_nano now, usd_nano approved, const tenant_policy& policy);

// A limit of the policy that applies to a request.
struct applied_limit {
    limit_check check;                     // for the ledger; `check.limit` is its place in the list
    std::string_view name;                 // "hard_stop_usd", "monthly_budget_usd", or the limit's own; of the policy
    const action_chain* actions = nullptr; // what runs past it; of the policy
    bool refuses = true;                   // its actions do more than notify
    const limit* from = nullptr;           // null: one of the tenant's own fields
};

// The limits in money, tokens, requests and concurrency that apply: the tenant's own fields first, then `limits`.
// A check is hard unless nothing but `notify` runs past it.
std::vector<applied_limit> limits_for(const facts& about, const tenant_policy& policy);

// Whose limit it is, for people: the most specific dimension and its value; and the code of its refusal.
struct limit_scope {
    std::string kind, id;
    errc code = errc::tenant_budget_exceeded;
};
limit_scope scope_of(const applied_limit& applied, const facts& about);

}
