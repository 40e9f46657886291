// From a policy's limits to the checks that the ledger makes for one request.
#include <tollgate/core/assert.hpp>
#include <tollgate/policy/decide.hpp>

#include <algorithm>

namespace tollgate::policy {

namespace {

// Values come from callers: what separates them must not occur in them, or two scopes could share a counter.
void append_value(std::string& out, std::string_view value) {
    static constexpr char hex[] = "0123456789abcdef";
    for (const char c : value) {
        if (c != ';' && c != '=' && c != '%') {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.append(1, '%').append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    }
}

bool matches(const limit& l, const attribution& who) {
    return std::ranges::all_of(l.match, [&](const auto& m) { return who.of(m.first) == m.second; });
}

// Dimensions of the counter, ascending and once: what is matched and what is grouped by.
std::vector<dimension> dimensions_of(const limit& l) {
    std::vector<dimension> all = l.per;
    for (const auto& [d, value] : l.match) all.push_back(d);
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
    std::erase(all, dimension::tenant); // every counter is a tenant's
    return all;
}

// A request without a value for a dimension counts under the empty value: leaving a tag out is no way around a limit.
std::string scope_of(const limit& l, const attribution& who) {
    std::string scope;
    for (const dimension d : dimensions_of(l)) {
        if (!scope.empty()) scope += ';';
        scope += name_of(d);
        scope += '=';
        append_value(scope, who.of(d));
    }
    return scope.empty() ? "tenant" : scope;
}

bool refuses(const action_chain& chain) {
    return std::ranges::any_of(chain, [](action step) { return step != action::notify; });
}

// The tenant's own fields first, in a fixed order; then `limits`. name_limit() counts the same way.
enum class own : std::uint8_t { hard_stop, monthly_budget, daily_soft_limit };

template <class Visit>
void each_own_limit(const tenant_policy& p, Visit visit) {
    if (p.hard_stop) visit(own::hard_stop, *p.hard_stop);
    if (p.monthly_budget) visit(own::monthly_budget, *p.monthly_budget);
    if (p.daily_soft_limit) visit(own::daily_soft_limit, *p.daily_soft_limit);
}

limit_check own_check(own which, usd_nano maximum, const tenant_policy& p) {
    limit_check check;
    check.scope = "tenant";
    check.span = which == own::daily_soft_limit ? window::day : window::month;
    check.maximum = maximum.count();
    check.hard = which == own::hard_stop || (which == own::monthly_budget && refuses(p.over_limit));
    return check;
}

errc money_code(dimension d) {
    switch (d) {
    case dimension::workspace: return errc::workspace_budget_exceeded;
    case dimension::key: return errc::key_budget_exceeded;
    case dimension::feature: return errc::feature_budget_exceeded;
    case dimension::agent: return errc::agent_budget_exceeded;
    case dimension::end_user:
    case dimension::session: return errc::end_user_budget_exceeded;
    default: return errc::tenant_budget_exceeded;
    }
}

// The dimension that a reader recognises the limit by: the narrowest.
dimension leading(const limit& l) {
    static constexpr dimension order[] = {dimension::session,     dimension::end_user,      dimension::agent,
                                          dimension::key,         dimension::feature,       dimension::workspace,
                                          dimension::environment, dimension::request_class, dimension::model,
                                          dimension::tier,        dimension::provider};
    const auto used = dimensions_of(l);
    for (const dimension d : order)
        if (std::ranges::count(used, d)) return d;
    return dimension::tenant;
}

errc code_of(const limit& l) {
    switch (l.what) {
    case measure::cost: return money_code(leading(l));
    case measure::tokens: return errc::token_rate_exceeded;
    case measure::requests: return errc::request_rate_exceeded;
    case measure::concurrency: return errc::concurrency_exceeded;
    }
    TG_ASSERT(false);
}

}

std::vector<limit_check> limits_for(const facts& about, const tenant_policy& policy) {
    std::vector<limit_check> checks;
    checks.reserve(3 + policy.limits.size());
    each_own_limit(policy, [&](own which, usd_nano maximum) { checks.push_back(own_check(which, maximum, policy)); });
    for (const limit& l : policy.limits) {
        if (!matches(l, about.who)) continue;
        limit_check check;
        check.scope = scope_of(l, about.who);
        check.span = l.what == measure::concurrency ? window::total : l.span;
        check.what = l.what;
        check.maximum = l.maximum;
        check.hard = refuses(l.actions);
        checks.push_back(std::move(check));
    }
    for (std::size_t i = 0; i < checks.size(); ++i) checks[i].limit = static_cast<std::uint16_t>(i);
    return checks;
}

limit_name name_limit(const limit_check&, std::size_t index, const facts& about, const tenant_policy& policy) {
    limit_name out;
    out.scope_kind = "tenant";
    out.scope_id = about.who.tenant;
    std::size_t at = 0;
    bool found = false;
    each_own_limit(policy, [&](own which, usd_nano) {
        if (at++ != index) return;
        found = true;
        out.name = which == own::hard_stop        ? "hard_stop_usd"
                   : which == own::monthly_budget ? "monthly_budget_usd"
                                                  : "daily_soft_limit_usd";
        out.action = which == own::hard_stop        ? "fail_closed"
                     : which == own::monthly_budget ? name_of(policy.over_limit)
                                                    : name_of(policy.soft_limit);
    });
    if (found) return out;
    for (const limit& l : policy.limits) {
        if (!matches(l, about.who)) continue;
        if (at++ != index) continue;
        out.name = l.name;
        out.code = code_of(l);
        const dimension d = leading(l);
        out.scope_kind = name_of(d);
        out.scope_id = about.who.of(d);
        out.action = name_of(l.actions);
        return out;
    }
    TG_ASSERT(false);
}

}
