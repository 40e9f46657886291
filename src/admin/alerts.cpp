// /admin/v1/alerts
#include "routes.hpp"

#include <tollgate/app/budget_view.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::admin {

namespace {

constexpr std::int64_t longest_window_s = 32 * 86'400;

std::string* value_of(attribution& who, dimension d) {
    switch (d) {
    case dimension::tenant: return nullptr;
    case dimension::workspace: return &who.workspace;
    case dimension::key: return &who.key;
    case dimension::feature: return &who.feature;
    case dimension::agent: return &who.agent;
    case dimension::end_user: return &who.end_user;
    case dimension::session: return &who.session;
    case dimension::model: return &who.model;
    case dimension::tier: return &who.tier;
    case dimension::provider: return &who.provider;
    case dimension::environment: return &who.environment;
    case dimension::request_class: return &who.request_class;
    }
    return nullptr;
}

// Whose counter it is: "agent=a1;feature=support" names a request that would meet its limits.
policy::facts facts_of(const ledger::counter_key& key, instant now) {
    policy::facts about;
    about.who.tenant = key.tenant;
    about.at = now;
    std::string_view rest = key.scope;
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find(';'));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        const std::size_t equals = one.find('=');
        if (equals == std::string_view::npos) continue;
        const auto d = parse_dimension(one.substr(0, equals));
        auto value = app::percent_decoded(one.substr(equals + 1));
        if (std::string* into = d ? value_of(about.who, *d) : nullptr; into && value) *into = std::move(*value);
    }
    return about;
}

// The highest level that spending and holds together have reached; 0: none.
std::int32_t level_of(const policy::tenant_policy& policy, std::int64_t maximum, const ledger::counter& at) {
    const __int128 used = static_cast<__int128>(at.spent.count()) + at.held.count();
    std::int32_t reached = 0;
    for (const std::int32_t level : policy.alert_levels_permille)
        if (used * 1000 >= static_cast<__int128>(maximum) * level) reached = std::max(reached, level);
    return reached;
}

// 800 -> "0.8"
std::string fraction(std::int32_t permille) {
    std::string digits = std::to_string(permille % 1000 + 1000).substr(1);
    while (digits.size() > 1 && digits.ends_with('0')) digits.pop_back();
    return std::to_string(permille / 1000) + "." + digits;
}

json alert_json(const app::visible_limit& limit, std::int32_t level, const ledger::counter& at) {
    json out{{"rule", "budget.threshold"}, {"tenant", limit.counter.tenant}, {"limit", limit.name}};
    out["scope"] = {{"kind", limit.scope.kind}, {"id", limit.scope.id}};
    out["window"] = name_of(limit.check.span);
    out["level"] = fraction(level);
    out["spent_usd"] = to_usd(at.spent);
    out["held_usd"] = to_usd(at.held);
    out["limit_usd"] = to_usd(usd_nano(limit.check.maximum));
    out["action"] = limit.action;
    out["resets_at"] = limit.end_s ? json(to_rfc3339(instant::from_seconds(*limit.end_s))) : json();
    return out;
}

void add_alerts(json& into, const policy::tenant_policy& policy, const ledger::counter_key& key,
                const ledger::counter& at, instant now) {
    for (const app::visible_limit& limit : app::visible_limits(policy, facts_of(key, now), now)) {
        if (limit.check.what != measure::cost || limit.check.maximum <= 0 || limit.counter != key) continue;
        if (const std::int32_t level = level_of(policy, limit.check.maximum, at); level > 0)
            into.push_back(alert_json(limit, level, at));
    }
}

}

// Computed from the counters as they stand: nothing is remembered, and nothing is sent.
answered list_alerts(const call& c, hands& h) {
    static constexpr std::string_view known[] = {"tenant"};
    const auto asked = read_query(c, known);
    if (!asked) return std::unexpected(asked.error());
    const std::string tenant(asked->find("tenant").value_or(""));
    auto accounts = h.accounts();
    if (!accounts) return std::unexpected(accounts.error());
    const auto now = (*accounts)->now();
    if (!now) return std::unexpected(store_problem(now.error()));
    json data = json::array();
    std::optional<store::scope_key> after = store::scope_key{tenant, {}};
    std::size_t scanned = 0;
    while (after && scanned < limits::alert_counters_scanned_max) {
        const auto page =
            (*accounts)->counters_after(*after, tenant, now->seconds() - longest_window_s, limits::store_page_rows_max);
        if (!page) return std::unexpected(store_problem(page.error()));
        for (const auto& [key, at] : page->counters)
            if (const policy::tenant_policy* policy = c.config->policies->find(key.tenant))
                add_alerts(data, *policy, key, at, *now);
        scanned += limits::store_page_rows_max;
        after = page->last;
    }
    json out = page_json(std::move(data), std::nullopt);
    out["as_of"] = to_rfc3339(*now, true);
    out["truncated"] = after.has_value(); // ask for one tenant at a time
    return ok(out);
}

}
