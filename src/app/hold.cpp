// Step 5: hold the worst case, all or nothing. A refusal for money is made only after the cheap bound was counted
// exactly, and while running requests hold what is missing, after a short wait for it.
#include "call.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr std::uint32_t first_pause_ms = 10;

ledger::reserve_op reserve_op_of(const call& c) {
    ledger::reserve_op op;
    op.hold.id = c.id;
    op.hold.tenant = c.facts.who.tenant;
    op.hold.amount = c.estimate;
    op.hold.input_amount = c.input_estimate;
    op.hold.tokens = c.facts.tokens;
    op.hold.prepaid = c.policy->prepaid_opening.has_value();
    op.hold.on_unknown = static_cast<ledger::unknown_usage>(c.policy->usage_unknown);
    op.hold.node = c.use.node;
    op.hold.record = record_json(c);
    op.ttl_ms = limits::reservation_ttl_ms;
    op.limits = c.checks;
    // Kept for every tenant, whatever its limits: the account view and later limits read them.
    op.also_count = {{"tenant", window::day, 0}, {"tenant", window::month, 0}};
    op.zone = c.policy->zone;
    op.credit_limit = c.policy->credit_limit;
    return op;
}

bool about_money(const call& c) {
    switch (c.held.why) {
    case ledger::refused_by::prepaid:
    case ledger::refused_by::prepaid_held: return true;
    case ledger::refused_by::limit:
    case ledger::refused_by::limit_held: {
        const measure what = c.checks[c.held.limit].what;
        return what == measure::cost || what == measure::tokens;
    }
    default: return false;
    }
}

bool may_come_back(const call& c) {
    return c.held.why == ledger::refused_by::limit_held || c.held.why == ledger::refused_by::prepaid_held;
}

// Money left by every limit and the balance, before this request; nothing when neither applies.
std::optional<usd_nano> money_left(const call& c) {
    std::optional<usd_nano> left;
    const auto take = [&](usd_nano amount) { left = left ? std::min(*left, amount) : amount; };
    for (std::size_t i = 0; i < c.held.readings.size(); ++i) {
        const limit_check& check = c.checks[i];
        const ledger::counter& at = c.held.readings[i].at;
        if (check.what == measure::cost && check.hard) take(usd_nano(check.maximum) - at.spent - at.held);
    }
    if (c.held.prepaid) {
        const ledger::balance& at = *c.held.prepaid;
        take(at.credited + c.policy->credit_limit - at.spent - at.held);
    }
    return left;
}

// output.clamp_to_budget: a lower cap rather than a refusal. True when there is one above the floor.
bool clamp_output(call& c) {
    if (!c.policy->clamp_to_budget || c.cap == 0 || !c.price) return false;
    const auto left = money_left(c);
    if (!left || *left <= usd_nano()) return false;
    const usd_nano at_cost(left->count() / c.policy->charge_permille * 1000);
    const std::int64_t cap = affordable_output(at_cost, c.bound, *c.price, c.tier) / c.asked.choices;
    if (cap < limits::output_tokens_floor || cap >= c.cap) return false;
    c.cap = cap;
    c.cap_is_ours = true;
    set_bound(c, c.bound.input_tokens);
    return true;
}

task<std::optional<refusal>> try_hold(call& c) {
    ledger::reserve_op op = reserve_op_of(c);
    auto answer = co_await c.use.ledger.reserve(std::move(op));
    if (!answer) {
        refusal out;
        out.code = answer.error().code;
        out.message = "";
        out.retry_after_ms = 1000;
        co_return out;
    }
    c.held = std::move(*answer);
    c.holding = c.held.admitted;
    co_return std::nullopt;
}

}

task<std::optional<refusal>> hold(call& c) {
    std::uint32_t waited_ms = 0, pause_ms = first_pause_ms;
    bool clamped = false;
    for (;;) {
        if (auto failed = co_await try_hold(c)) co_return failed;
        if (c.holding) break;
        if (about_money(c) && count_exactly(c)) continue;
        const bool waiting_helps = may_come_back(c) && waited_ms < limits::capacity_wait_ms_max && !c.x.stop().fired();
        if (!waiting_helps) {
            if (about_money(c) && !clamped && clamp_output(c)) {
                clamped = true;
                continue;
            }
            co_return refusal_of(c);
        }
        co_await c.use.clock.sleep(pause_ms);
        waited_ms += pause_ms;
        pause_ms = std::min(pause_ms * 2, std::uint32_t{200});
    }
    c.held_us = c.use.clock.steady_us();
    c.use.metrics.admitted.fetch_add(1, std::memory_order_relaxed);
    note_readings(c);
    co_return std::nullopt;
}

}
