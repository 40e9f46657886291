#include "routes.hpp"

namespace tollgate::admin {

std::span<const route> routes() {
    using enum role;
    using enum effect;
    static constexpr route table[] = {
        {"GET", "/admin/v1/openapi.yaml", read, looks, show_openapi},
        {"GET", "/admin/v1/tenants", read, looks, list_tenants},
        {"GET", "/admin/v1/tenants/{tenant}", read, looks, show_tenant},
        {"PATCH", "/admin/v1/tenants/{tenant}", operate, changes, change_tenant},
        {"GET", "/admin/v1/keys", read, looks, list_keys},
        {"POST", "/admin/v1/keys", operate, changes, create_key},
        {"GET", "/admin/v1/keys/{key}", read, looks, show_key},
        {"DELETE", "/admin/v1/keys/{key}", operate, changes, revoke_key},
        {"POST", "/admin/v1/keys/{key}/revoke", operate, changes, revoke_key},
        {"POST", "/admin/v1/keys/{key}/rotate", operate, changes, rotate_key},
        {"GET", "/admin/v1/policies", read, looks, list_policies},
        {"GET", "/admin/v1/policies/{tenant}", read, looks, show_policy},
        {"GET", "/admin/v1/policies/{tenant}/versions/{version}", read, looks, show_policy_version},
        {"POST", "/admin/v1/policies/{tenant}/publish", operate, changes, publish_policy},
        {"POST", "/admin/v1/policies/{tenant}/rollback", operate, changes, roll_back_policy},
        {"DELETE", "/admin/v1/policies/{tenant}/published", operate, changes, withdraw_policy},
        {"GET", "/admin/v1/prices", read, looks, list_prices},
        {"POST", "/admin/v1/prices/approve", operate, moves, approve_price},
        {"GET", "/admin/v1/balances", read, looks, list_balances},
        {"GET", "/admin/v1/balances/{tenant}", read, looks, show_balance},
        {"POST", "/admin/v1/balances/{tenant}/{movement}", money, moves, move_balance},
        {"GET", "/admin/v1/decisions", read, looks, list_decisions},
        {"GET", "/admin/v1/decisions/{request}", read, looks, show_decision},
        {"GET", "/admin/v1/usage", read, looks, show_usage},
        {"GET", "/admin/v1/alerts", read, looks, list_alerts},
        {"GET", "/admin/v1/audit", read, looks, list_audit},
    };
    return table;
}

std::optional<std::vector<std::string>> matched(std::string_view pattern, std::string_view path) {
    std::vector<std::string> taken;
    while (!pattern.empty() && !path.empty()) {
        const std::string_view want = pattern.substr(0, pattern.find('/', 1));
        const std::string_view have = path.substr(0, path.find('/', 1));
        pattern.remove_prefix(want.size());
        path.remove_prefix(have.size());
        if (!want.starts_with("/{")) {
            if (want != have) return std::nullopt;
            continue;
        }
        auto value = app::percent_decoded(have.substr(1));
        if (!value || value->empty()) return std::nullopt;
        taken.push_back(std::move(*value));
    }
    if (!pattern.empty() || !path.empty()) return std::nullopt;
    return taken;
}

}
