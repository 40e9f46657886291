#pragma once

#include "call.hpp"

namespace tollgate::admin {

enum class effect : std::uint8_t {
    looks,
    changes, // in one transaction with its audit row and its answer
    moves,   // by itself, idempotent and in a transaction of its own: movements of money, by the ledger
};

struct route {
    std::string_view method;
    std::string_view path; // "/admin/v1/keys/{id}": a {place} takes one segment
    role needed;
    effect does;
    answered (*handle)(const call& c, hands& h);
};

std::span<const route> routes();

// What stands at the {places} of `pattern`, decoded; nothing when the path is another.
std::optional<std::vector<std::string>> matched(std::string_view pattern, std::string_view path);

// ---- what several resources share ----
std::string source_of(const call& c, const tenant_id& tenant);                              // "file" or "published"
std::vector<const policy::tenant_policy*> tenants_after(const call& c, const page& wanted); // by id

// ---- handlers, a file a resource ----
answered list_tenants(const call& c, hands& h);
answered show_tenant(const call& c, hands& h);
answered change_tenant(const call& c, hands& h);
answered list_keys(const call& c, hands& h);
answered show_key(const call& c, hands& h);
answered create_key(const call& c, hands& h);
answered revoke_key(const call& c, hands& h);
answered rotate_key(const call& c, hands& h);
answered list_policies(const call& c, hands& h);
answered show_policy(const call& c, hands& h);
answered show_policy_version(const call& c, hands& h);
answered publish_policy(const call& c, hands& h);
answered roll_back_policy(const call& c, hands& h);
answered withdraw_policy(const call& c, hands& h);
answered list_prices(const call& c, hands& h);
answered approve_price(const call& c, hands& h);
answered list_balances(const call& c, hands& h);
answered show_balance(const call& c, hands& h);
answered move_balance(const call& c, hands& h);
answered list_decisions(const call& c, hands& h);
answered show_decision(const call& c, hands& h);
answered show_usage(const call& c, hands& h);
answered list_alerts(const call& c, hands& h);
answered list_audit(const call& c, hands& h);
answered show_openapi(const call& c, hands& h);

}
