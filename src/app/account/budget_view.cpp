#include <tollgate/app/budget_view.hpp>

#include <tollgate/core/assert.hpp>
#include <tollgate/core/json_writer.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr std::int64_t days_s = 86'400;
constexpr std::int64_t forecast_requests_min = 50;
constexpr std::int64_t forecast_elapsed_s_min = 3 * days_s;

constexpr std::string attribution::* members[dimensions] = {
    &attribution::tenant, &attribution::workspace, &attribution::key,         &attribution::feature,
    &attribution::agent,  &attribution::end_user,  &attribution::session,     &attribution::model,
    &attribution::tier,   &attribution::provider,  &attribution::environment, &attribution::request_class};

std::string& value_of(attribution& who, dimension d) { return who.*members[static_cast<std::size_t>(d)]; }

// The facts of a request that meets this limit; nothing when none with this key does.
std::optional<policy::facts> meeting(const policy::limit& l, policy::facts about) {
    for (const auto& [d, wanted] : l.match) {
        std::string& value = value_of(about.who, d);
        if (value.empty()) value = wanted;
        if (value != wanted) return std::nullopt;
    }
    const auto open = [&](dimension d) { return about.who.of(d).empty(); };
    if (std::ranges::any_of(l.per, open)) return std::nullopt;
    return about;
}

void add_limits(std::vector<visible_limit>& out, const policy::tenant_policy& policy, const policy::facts& about,
                const policy::tenant_policy& names) {
    for (const policy::applied_limit& limit : policy::limits_for(about, names)) {
        visible_limit one;
        one.check = limit.check;
        one.name = limit.name;
        one.action = policy::name_of(*limit.actions);
        one.scope = policy::scope_of(limit, about);
        one.counter = {about.who.tenant, limit.check.scope, limit.check.span,
                       window_start(limit.check.span, about.at, *policy.zone)};
        one.end_s = window_end(limit.check.span, about.at, *policy.zone);
        out.push_back(std::move(one));
    }
}

// Used for good, and held by running requests, in the limit's own measure.
struct consumption {
    std::int64_t spent = 0, held = 0;
};

consumption consumed(measure what, const ledger::counter& at) {
    switch (what) {
    case measure::cost: return {at.spent.count(), at.held.count()};
    case measure::tokens: return {at.tokens, at.tokens_held};
    case measure::requests: return {at.requests, 0};
    case measure::concurrency: return {0, at.in_flight};
    }
    TG_ASSERT(false);
}

std::int64_t left_of(const limit_check& check, const ledger::counter& at) {
    const consumption c = consumed(check.what, at);
    const __int128 left = static_cast<__int128>(check.maximum) - c.spent - c.held;
    return static_cast<std::int64_t>(std::clamp<__int128>(left, INT64_MIN, INT64_MAX));
}

std::string_view funding_name(ledger::funding from) {
    switch (from) {
    case ledger::funding::purchase: return "purchase";
    case ledger::funding::promo: return "promo";
    case ledger::funding::plan: return "plan";
    case ledger::funding::refund: return "refund";
    case ledger::funding::adjustment: return "adjustment";
    }
    TG_ASSERT(false);
}

void amount(json_writer& w, std::string_view name, measure what, std::int64_t value) {
    if (what == measure::cost)
        w.member(name, to_usd(usd_nano(value)));
    else
        w.member(name, value);
}

void time_or_null(json_writer& w, std::string_view name, std::optional<std::int64_t> at_s) {
    w.key(name);
    if (at_s)
        w.text(to_rfc3339(instant::from_seconds(*at_s)));
    else
        w.null();
}

class writer {
public:
    writer(const budget_figures& at, const policy::tenant_policy& policy, const policy::facts& about)
        : at_(at), policy_(policy), about_(about), w_(text_) {}

    std::string all() {
        w_.begin_object().member("object", "account.budget").member("tenant", about_.who.tenant);
        w_.member("key_id", about_.who.key).member("policy_version", policy_.version);
        w_.member("mode", policy_.mode == policy::mode::shadow ? "shadow" : "enforce");
        w_.member("policy_version", policy_.version)
            .member("timezone", policy_.zone->name())
            .member("as_of", to_rfc3339(at_.now, true));
        summary();
        w_.key("limits").begin_array();
        for (const visible_limit& each : at_.limits) limit(each);
        w_.end_array().key("prepaid");
        prepaid();
        w_.end_object();
        return std::move(text_);
    }

private:
    ledger::counter counter(const ledger::counter_key& key) const {
        const auto found = at_.counters.find(key);
        return found == at_.counters.end() ? ledger::counter{} : found->second;
    }

    bool is_prepaid() const { return policy_.prepaid_opening || at_.balance; }
    ledger::balance balance() const { return at_.balance ? at_.balance->now : ledger::balance{}; }
    usd_nano available() const { return balance().credited - balance().spent - balance().held; }

    // What matters most: this month's spend, and the least that any hard limit in money or the balance leaves.
    void summary() {
        std::optional<std::int64_t> left, resets;
        limit_state worst = limit_state::ok;
        for (const visible_limit& each : at_.limits) {
            if (each.check.what != measure::cost) continue;
            const ledger::counter used = counter(each.counter);
            worst = std::max(worst, app::state_of(each, used));
            const std::int64_t room = left_of(each.check, used);
            if (!each.check.hard || (left && *left <= room)) continue;
            left = room;
            resets = each.end_s;
        }
        const usd_nano credit = available() + policy_.credit_limit;
        if (policy_.prepaid_opening && (!left || credit.count() < *left)) {
            left = credit.count();
            resets.reset();
        }
        if (policy_.prepaid_opening && credit <= usd_nano()) worst = limit_state::over_budget;
        const ledger::counter month = counter(at_.month);
        w_.member("state", name_of(worst)).member("spent", to_usd(month.spent)).member("held", to_usd(month.held));
        w_.key("remaining");
        if (left)
            w_.text(to_usd(usd_nano(std::max<std::int64_t>(*left, 0))));
        else
            w_.null();
        time_or_null(w_, "resets_at", resets);
        forecast(month, at_.month, window_end(window::month, at_.now, *policy_.zone));
    }

    void forecast(const ledger::counter& used, const ledger::counter_key& key, std::optional<std::int64_t> end_s) {
        w_.key("forecast");
        const bool long_enough = key.span == window::day || key.span == window::week || key.span == window::month;
        if (!end_s || !long_enough) {
            w_.null();
            return;
        }
        const auto expected = run_rate(used, key.start_s, *end_s, at_.now);
        w_.text(expected ? to_usd(*expected) : "insufficient_data");
    }

    void limit(const visible_limit& each) {
        const ledger::counter used = counter(each.counter);
        const consumption c = consumed(each.check.what, used);
        w_.begin_object().member("name", each.name).key("scope").begin_object();
        w_.member("kind", each.scope.kind).member("id", each.scope.id).end_object();
        w_.member("window", name_of(each.check.span)).member("measure", policy::name_of(each.check.what));
        const bool money = each.check.what == measure::cost;
        amount(w_, money ? "limit_usd" : "limit_count", each.check.what, each.check.maximum);
        amount(w_, "spent", each.check.what, c.spent);
        amount(w_, "held", each.check.what, c.held);
        amount(w_, "remaining", each.check.what, std::max<std::int64_t>(left_of(each.check, used), 0));
        time_or_null(w_, "resets_at", each.end_s);
        w_.member("state", name_of(app::state_of(each, used))).member("action", each.action);
        if (money) forecast(used, each.counter, each.end_s);
        w_.end_object();
    }

    void prepaid() {
        if (!is_prepaid()) {
            w_.null();
            return;
        }
        const ledger::balance now = balance();
        w_.begin_object().member("credited", to_usd(now.credited)).member("spent", to_usd(now.spent));
        w_.member("held", to_usd(now.held)).member("available", to_usd(available()));
        w_.member("credit_limit", to_usd(policy_.credit_limit)).key("grants").begin_array();
        if (at_.balance)
            for (const ledger::grant& each : ledger::open_grants(*at_.balance)) grant(each);
        w_.end_array().end_object();
    }

    void grant(const ledger::grant& each) {
        w_.begin_object().member("id", each.transaction.text()).member("funding", funding_name(each.from));
        w_.member("amount", to_usd(each.amount)).member("remaining", to_usd(each.remaining));
        w_.member("priority", each.priority).member("effective", to_rfc3339(each.effective));
        time_or_null(w_, "expires", each.expires_s);
        w_.end_object();
    }

    const budget_figures& at_;
    const policy::tenant_policy& policy_;
    const policy::facts& about_;
    std::string text_;
    json_writer w_;
};

}

std::vector<visible_limit> visible_limits(const policy::tenant_policy& policy, const policy::facts& about,
                                          instant now) {
    std::vector<visible_limit> out;
    policy::facts here = about;
    here.at = now;
    policy::tenant_policy part = policy; // its own limits first, then one of the list at a time
    part.limits.clear();
    add_limits(out, policy, here, part);
    part.monthly_budget = part.hard_stop = part.daily_soft_limit = std::nullopt;
    for (const policy::limit& each : policy.limits) {
        const auto met = meeting(each, here);
        if (!met) continue;
        part.limits = {each};
        add_limits(out, policy, *met, part);
    }
    return out;
}

std::string_view name_of(limit_state state) {
    switch (state) {
    case limit_state::ok: return "ok";
    case limit_state::soft_limit: return "soft_limit";
    case limit_state::over_budget: return "over_budget";
    }
    TG_ASSERT(false);
}

limit_state state_of(const visible_limit& limit, const ledger::counter& at) {
    if (left_of(limit.check, at) > 0) return limit_state::ok;
    const bool budget = limit.check.span == window::month && limit.check.scope == "tenant";
    return limit.check.hard || budget ? limit_state::over_budget : limit_state::soft_limit;
}

std::optional<usd_nano> run_rate(const ledger::counter& at, std::int64_t start_s, std::int64_t end_s, instant now) {
    const std::int64_t length = end_s - start_s, elapsed = now.seconds() - start_s;
    if (elapsed <= 0 || at.requests < forecast_requests_min) return std::nullopt;
    if (elapsed < forecast_elapsed_s_min && elapsed * 10 < length) return std::nullopt;
    const __int128 expected = static_cast<__int128>(at.spent.count()) * length / std::min(elapsed, length);
    if (expected > INT64_MAX) return std::nullopt;
    return usd_nano(static_cast<std::int64_t>(expected));
}

std::string budget_json(const budget_figures& at, const policy::tenant_policy& policy, const policy::facts& about) {
    return writer(at, policy, about).all();
}

}
