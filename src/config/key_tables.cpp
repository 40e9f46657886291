#include <tollgate/config/key_tables.hpp>

#include "catalog_fields.hpp"
#include "policy_fields.hpp"
#include "prices_fields.hpp"
#include "settings_fields.hpp"

namespace tollgate::config {

namespace {

template <class T, std::size_t N>
std::vector<std::string_view> keys(const field<T> (&fields)[N]) {
    std::vector<std::string_view> names;
    for (const field<T>& one : fields) names.push_back(one.key);
    return names;
}

template <class E, std::size_t N>
std::vector<std::string_view> names(const choice<E> (&choices)[N]) {
    std::vector<std::string_view> all;
    for (const choice<E>& one : choices) all.push_back(one.name);
    return all;
}

}

std::vector<key_table> key_tables() {
    return {
        {"tollgate", "", keys(settings_fields)},
        {"tollgate", "/properties/server", keys(server_fields)},
        {"tollgate", "/properties/server/properties/tls", keys(tls_fields)},
        {"tollgate", "/properties/admin", keys(admin_fields)},
        {"tollgate", "/$defs/admin_token", keys(admin_token_fields)},
        {"tollgate", "/properties/store", keys(store_fields)},
        {"tollgate", "/properties/keys", keys(key_fields)},
        {"tollgate", "/properties/log", keys(log_fields)},
        {"tollgate", "/properties/alerts", keys(alert_fields)},
        {"tollgate", "/properties/files", keys(file_fields)},
        {"catalog", "", keys(catalog_fields)},
        {"catalog", "/$defs/provider", keys(provider_fields)},
        {"catalog", "/$defs/model", keys(model_fields)},
        {"catalog", "/$defs/route", keys(route_fields)},
        {"prices", "", keys(price_file_fields)},
        {"prices", "/$defs/row", keys(price_row_fields)},
        {"prices", "/$defs/long_context", keys(long_context_fields)},
        {"prices", "/$defs/multipliers", keys(multiplier_fields)},
        {"policy", "", keys(policy_fields)},
        {"policy", "/$defs/limit", keys(limit_fields)},
        {"policy", "/$defs/limit/properties/match", dimension_names()},
        {"policy", "/properties/downgrade", keys(downgrade_fields)},
        {"policy", "/properties/retry_guard", keys(retry_guard_fields)},
        {"policy", "/properties/fallback", keys(fallback_fields)},
        {"policy", "/properties/output", keys(output_fields)},
        {"policy", "/properties/hosted_tools", keys(hosted_tools_fields)},
        {"policy", "/properties/alerts", keys(alert_fields_of_policy)},
    };
}

std::vector<key_table> choice_tables() {
    return {
        {"tollgate", "/properties/log/properties/level", names(log_levels)},
        {"tollgate", "/$defs/admin_role", names(admin_roles)},
        {"catalog", "/$defs/service_tier", names(service_tier_names)},
        {"catalog", "/$defs/provider/properties/auth", names(auth_schemes)},
        {"catalog", "/$defs/quirk", quirk_names()},
        {"catalog", "/$defs/model/properties/capabilities/items", capability_names()},
        {"policy", "/properties/status", names(statuses)},
        {"policy", "/properties/mode", names(modes)},
        {"policy", "/properties/usage_unknown", names(usage_unknowns)},
        {"policy", "/properties/refusal_profile", names(refusal_profiles)},
        {"policy", "/$defs/dimension", dimension_names()},
        {"policy", "/$defs/limit/properties/window", window_names()},
    };
}

}
