// The answer's headers: what was decided, by which policy, what is left.
#include "call.hpp"

#include <algorithm>

namespace tollgate::app {

namespace {

std::string_view text_of(budget_state state) {
    switch (state) {
    case budget_state::ok: return "ok";
    case budget_state::soft_limit: return "soft_limit";
    case budget_state::over_budget: return "over_budget";
    }
    return "ok";
}

// A limit of pace says nothing about money.
bool stopped_by_pace(const call& c) {
    const auto limit = c.course->stopped_by();
    return limit && c.course->limits()[*limit].check.what != measure::cost;
}

}

bool binds(const call& c, std::size_t limit) {
    const policy::applied_limit& l = c.course->limits()[limit];
    return c.policy->mode == policy::mode::shadow ? l.refuses : l.check.hard;
}

void note_readings(call& c) {
    const usd_nano mine = c.held.admitted ? c.offer.estimate : usd_nano();
    const auto take = [&](usd_nano left) { c.remaining = c.remaining ? std::min(*c.remaining, left) : left; };
    c.remaining.reset();
    c.state = budget_state::ok;
    for (std::size_t i = 0; i < c.held.readings.size(); ++i) {
        const limit_check& check = c.course->limits()[i].check;
        if (check.what != measure::cost) continue;
        const ledger::counter& at = c.held.readings[i].at;
        const usd_nano left = usd_nano(check.maximum) - at.spent - at.held - mine;
        if (binds(c, i)) take(left);
        if (left >= usd_nano()) continue;
        const bool budget = check.span == window::month && check.scope == "tenant";
        c.state = std::max(c.state, budget || binds(c, i) ? budget_state::over_budget : budget_state::soft_limit);
    }
    if (c.held.prepaid) {
        const ledger::balance& at = *c.held.prepaid;
        take(at.credited + c.policy->credit_limit - at.spent - at.held - mine);
    }
    if (!c.held.admitted && !stopped_by_pace(c)) c.state = budget_state::over_budget;
    if (c.remaining) c.use.remaining.note(c.facts.who.tenant, *c.remaining);
}

void add_decision_fields(const call& c, header_block& fields) {
    fields.add("x-request-id", c.id_text);
    if (!c.policy) return;
    fields.add("x-ai-quota-policy", c.policy->version);
    const auto left = c.remaining ? c.remaining : c.use.remaining.recall(c.facts.who.tenant);
    if (left) fields.add("x-ai-quota-remaining-usd", std::max(usd_nano(), *left));
    fields.add("x-ai-budget-state", text_of(c.state));
    if (c.state == budget_state::soft_limit) fields.add("x-ai-warning", "soft_limit");
    if (!c.facts.who.model.empty()) fields.add("x-ai-model-requested", c.facts.who.model);
    if (!c.offer.target) return;
    fields.add("x-ai-model-tier", c.offer.target->tier);
    fields.add("x-ai-model-served", c.offer.target->alias);
    if (!c.fallback_reason.empty()) fields.add("x-ai-fallback-reason", c.fallback_reason);
    fields.add("x-ai-cost-estimated-usd", c.offer.estimate);
    if (c.offer.cap_is_ours && c.offer.cap > 0) fields.add("x-ai-output-cap", c.offer.cap);
    add_rate_fields(c, fields);
}

}
