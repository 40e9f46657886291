// From a policy's limits to the checks that the ledger makes for one request.
#include <tollgate/core/assert.hpp>
#include <tollgate/policy/decide.hpp>

#include <algorithm>
#include <bit>

namespace tollgate::policy {

namespace {

bool separates(char c) { return c == ';' || c == '=' || c == '%'; }

// Values come from callers: what separates them must not occur in them, or two scopes could share a counter.
void append_value(std::string& out, std::string_view value) {
    static constexpr char hex[] = "0123456789abcdef";
    if (std::ranges::none_of(value, separates)) {
        out += value;
        return;
    }
    for (const char c : value) {
        if (!separates(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.append(1, '%').append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    }
}

// A key is matched by its own name and by that of its family.
bool matches(const limit& l, const attribution& who) {
    return std::ranges::all_of(l.match, [&](const auto& m) {
        return who.of(m.first) == m.second || (m.first == dimension::key && who.key == m.second);
    });
}

// Dimensions of the counter: what is matched and what is grouped by. Every counter is a tenant's.
class dimension_set {
public:
    explicit dimension_set(const limit& l) {
        for (const dimension d : l.per) bits_ |= bit(d);
        for (const auto& [d, value] : l.match) bits_ |= bit(d);
        bits_ &= ~bit(dimension::tenant);
    }
    bool has(dimension d) const { return (bits_ & bit(d)) != 0; }
    // Ascending.
    template <class Visit>
    void each(Visit visit) const {
        for (unsigned left = bits_; left != 0; left &= left - 1) visit(static_cast<dimension>(std::countr_zero(left)));
    }

private:
    static unsigned bit(dimension d) { return 1U << static_cast<unsigned>(d); }
    unsigned bits_ = 0;
};

// A request without a value for a dimension counts under the empty value: leaving a tag out is no way around a limit.
std::string counter_scope(const limit& l, const attribution& who) {
    const dimension_set counted(l);
    std::size_t bytes = 0;
    counted.each([&](dimension d) { bytes += name_of(d).size() + who.of(d).size() + 2; });
    std::string scope;
    scope.reserve(bytes);
    counted.each([&](dimension d) {
        if (!scope.empty()) scope += ';';
        scope += name_of(d);
        scope += '=';
        append_value(scope, who.of(d));
    });
    if (scope.empty()) scope = "tenant";
    return scope;
}

bool does_more_than_notify(const action_chain& chain) {
    return std::ranges::any_of(chain, [](action step) { return step != action::notify; });
}

// The hard stop knows no other action.
const action_chain& fail_closed() {
    static const action_chain chain{action::fail_closed};
    return chain;
}

void add_own_limit(std::vector<applied_limit>& all, std::string_view name, window span, usd_nano maximum,
                   const action_chain& actions) {
    applied_limit& out = all.emplace_back();
    out.check.scope = "tenant";
    out.check.span = span;
    out.check.maximum = maximum.count();
    out.check.hard = out.refuses = does_more_than_notify(actions);
    out.name = name;
    out.actions = &actions;
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
    const dimension_set used(l);
    for (const dimension d : order)
        if (used.has(d)) return d;
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

std::vector<applied_limit> limits_for(const facts& about, const tenant_policy& policy) {
    std::vector<applied_limit> all;
    all.reserve(3 + policy.limits.size());
    const tenant_policy& p = policy;
    if (p.hard_stop) add_own_limit(all, "hard_stop_usd", window::month, *p.hard_stop, fail_closed());
    if (p.monthly_budget) add_own_limit(all, "monthly_budget_usd", window::month, *p.monthly_budget, p.over_limit);
    if (p.daily_soft_limit) add_own_limit(all, "daily_soft_limit_usd", window::day, *p.daily_soft_limit, p.soft_limit);
    for (const limit& l : policy.limits) {
        if (!matches(l, about.who)) continue;
        applied_limit& one = all.emplace_back();
        one.check.scope = counter_scope(l, about.who);
        one.check.span = l.what == measure::concurrency ? window::total : l.span;
        one.check.what = l.what;
        one.check.maximum = l.maximum;
        one.check.hard = one.refuses = does_more_than_notify(l.actions);
        one.name = l.name;
        one.actions = &l.actions;
        one.from = &l;
    }
    for (std::size_t i = 0; i < all.size(); ++i) all[i].check.limit = static_cast<std::uint16_t>(i);
    return all;
}

limit_scope scope_of(const applied_limit& applied, const facts& about) {
    if (!applied.from) return {"tenant", about.who.tenant, errc::tenant_budget_exceeded};
    const dimension d = leading(*applied.from);
    return {std::string(name_of(d)), about.who.of(d), code_of(*applied.from)};
}

}
