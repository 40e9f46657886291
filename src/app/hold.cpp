// Step 5: hold the worst case, all or nothing. What does not fit takes the course that the policy says (policy/course):
// a cheaper model, a confirmation, a refusal. Before anything is refused for money the cheap bound is counted exactly,
// and while running requests hold what is missing, it is waited for a little.
#include "call.hpp"
#include "judging.hpp"
#include "look_ahead.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <utility>

namespace tollgate::app {

namespace {

ledger::reserve_op reserve_op_of(call& c) {
    ledger::reserve_op op = question_of(*c.course, *c.policy);
    TG_ASSERT(op.hold.amount == c.offer.estimate);
    op.hold.id = c.id;
    op.hold.attempt = c.hold_number;
    op.hold.node = c.use.node;
    op.hold.record = record_json(c);
    op.ttl_ms = limits::reservation_ttl_ms;
    op.spends_token = c.confirmation_id;
    if (!c.idempotency_key.empty()) op.claim = ledger::claim{c.idempotency_key, digest_of(c)};
    return op;
}

void note_answer(call& c, ledger::reserve_outcome answer) {
    c.held = std::move(answer);
    c.holding = c.held.admitted;
}

refusal no_answer(const error& why) {
    refusal out;
    out.code = why.code;
    out.retry_after_ms = 1000;
    return out;
}

refusal unavailable() {
    refusal out;
    out.code = errc::ledger_unavailable;
    return out;
}

// What was quoted when the course asked for cheaper models.
const quote& quote_of(const call& c, const policy::candidate& what) {
    const auto& all = *c.outlook.candidates;
    const auto at = std::ranges::find(all, what.model, &policy::candidate::model);
    TG_ASSERT(at != all.end());
    return c.cheaper[static_cast<std::size_t>(at - all.begin())];
}

// The ledger's answer moves the course on; another model may take the place.
policy::next take(call& c) {
    c.answers.push_back(reading_of(c.held, *c.course, *c.policy));
    const policy::next step = c.course->take(c.answers.back());
    const policy::candidate* cheaper = c.course->downgraded();
    if (cheaper && cheaper->model != c.offer.target->alias) {
        c.offer = quote_of(c, *cheaper);
        c.fallback_reason = "downgrade:" + std::string(c.course->downgraded_by());
    }
    TG_ASSERT(c.holding == (step == policy::next::serve));
    return step;
}

// What the course is judged by has changed: it begins again, with the model asked for.
void begin_course(call& c, policy::outlook& more) {
    c.answers.clear();
    c.outlook = {};
    c.cheaper.clear();
    c.confirmation_id.clear();
    c.fallback_reason = c.first_reason;
    if (c.offer.target != c.asked_for) quote_again(c);
    c.course.emplace(c.facts, *c.policy, more);
}

bool lacks_money(const call& c) {
    if (c.held.why == ledger::refused_by::prepaid || c.held.why == ledger::refused_by::prepaid_held) return true;
    const measure what = c.course->limits()[c.held.limit].check.what;
    return what == measure::cost || what == measure::tokens;
}

// Where an answer of the ledger leads.
enum class followed : std::uint8_t {
    ask_again,   // the course has moved on
    begin_again, // what it is judged by has changed
    claimed,     // an earlier request has this one's idempotency key
    odd,         // nothing that a fresh request can meet
    served,
    refused,
    asked, // the caller is asked for a confirmation
};

followed follow(call& c) {
    const auto why = c.held.why;
    if (!c.holding && why == ledger::refused_by::claimed) return followed::claimed;
    if (!c.holding && why == ledger::refused_by::token_spent) {
        c.confirmation_spent = true; // begin again without it
        return followed::begin_again;
    }
    if (!c.holding && (why == ledger::refused_by::ended || why == ledger::refused_by::expired_grants))
        return followed::odd;
    if (!c.holding && lacks_money(c) && count_exactly(c)) return followed::begin_again; // it has become smaller
    switch (take(c)) {
    case policy::next::hold: return followed::ask_again;
    case policy::next::serve: return followed::served;
    case policy::next::refuse: return followed::refused;
    case policy::next::confirm: return followed::asked;
    }
    TG_ASSERT(false);
}

// Money left by every limit and the balance, before this request; nothing when neither applies.
std::optional<usd_nano> money_left(const call& c) {
    std::optional<usd_nano> left;
    const auto take = [&](std::int64_t amount) { left = left ? std::min(*left, usd_nano(amount)) : usd_nano(amount); };
    const policy::ledger_reading& last = c.answers.back();
    for (std::size_t i = 0; i < last.limits.size(); ++i) {
        const limit_check& check = c.course->limits()[i].check;
        const policy::limit_reading& at = last.limits[i];
        if (check.what == measure::cost && check.hard) take(check.maximum - at.used - at.held);
    }
    if (const auto& at = last.prepaid) take(at->credit - at->used - at->held);
    return left;
}

// output.clamp_to_budget: a lower cap rather than a refusal. True when there is one above the floor.
bool clamp_output(call& c) {
    if (!c.policy->clamp_to_budget || c.cap_limit || c.offer.cap == 0 || !c.offer.price) return false;
    const auto left = money_left(c);
    if (!left || *left <= usd_nano()) return false;
    const usd_nano at_cost(left->count() / c.policy->charge_permille * 1000);
    const std::int64_t cap = affordable_output(at_cost, c.offer.bound, *c.offer.price, c.offer.tier) / c.asked.choices;
    if (cap < limits::output_tokens_floor || cap >= c.offer.cap) return false;
    c.cap_limit = cap;
    quote_again(c);
    return true;
}

refusal ask_for_confirmation(call& c) {
    refusal out = refusal_of(c);
    const auto token = c.use.confirmations.issue(binding_of(c, c.course->about()), c.use.clock.now());
    out.extra.emplace_back("confirmation.token", token.text);
    out.extra.emplace_back("confirmation.header", "X-AI-Confirm");
    out.extra.emplace_back("confirmation.expires_at", to_rfc3339(token.expires));
    out.extra.emplace_back("confirmation.estimate_usd", to_usd(c.offer.estimate));
    out.message += " Send the same request again with the header X-AI-Confirm: " + token.text + " until " +
                   to_rfc3339(token.expires) + " to let it pass once.";
    return out;
}

// For an attempt after the first: no cheaper model any more, and what was confirmed stays so.
class as_confirmed final : public policy::outlook {
public:
    explicit as_confirmed(const call& c) : c_(c) {}
    std::vector<policy::candidate> downgrades() override { return {}; }
    policy::confirmation confirmed(const policy::facts&) override {
        return c_.confirmation_id.empty() ? policy::confirmation::none : policy::confirmation::valid;
    }

private:
    const call& c_;
};

// True: the ledger holds for c.offer now.
task<bool> take_the_place(call& c) {
    for (;;) {
        ledger::reserve_op op = reserve_op_of(c);
        auto answer = co_await c.use.ledger.reserve(std::move(op));
        if (!answer) co_return false;
        note_answer(c, std::move(*answer));
        const auto why = c.held.why;
        const bool odd = why == ledger::refused_by::ended || why == ledger::refused_by::expired_grants ||
                         why == ledger::refused_by::token_spent;
        if (!c.holding && odd) co_return false;
        const policy::next step = c.course->take(reading_of(c.held, *c.course, *c.policy));
        if (step != policy::next::hold) co_return step == policy::next::serve&& c.holding;
    }
}

// What is only held by running requests may come back in a moment: pauses that double, up to a sum.
struct capacity_wait {
    std::uint32_t waited_ms = 0, pause_ms = capacity_pause_first_ms;

    bool may_help(call& c) const {
        return c.course->may_come_back() && waited_ms < limits::capacity_wait_ms_max && !c.x.stop().fired();
    }
    std::uint32_t next_ms() {
        const std::uint32_t now = pause_ms;
        waited_ms += now;
        pause_ms = std::min(pause_ms * 2, capacity_pause_ms_max);
        return now;
    }
};

void note_held(call& c) {
    c.decided = policy::decided_by(c.rules, *c.course, policy::next::serve);
    c.held_us = c.use.clock.steady_us();
    c.use.metrics.admitted.fetch_add(1, std::memory_order_relaxed);
    note_readings(c);
}

refusal refuse_by_course(call& c, followed how) {
    const policy::next last = how == followed::asked ? policy::next::confirm : policy::next::refuse;
    c.decided = policy::decided_by(c.rules, *c.course, last);
    return how == followed::asked ? ask_for_confirmation(c) : refusal_of(c);
}

}

task<bool> hold_again(call& c, quote next) {
    as_confirmed more(c);
    quote offer = std::exchange(c.offer, std::move(next));
    auto about = std::exchange(c.attempt_facts, std::make_unique<policy::facts>(facts_of(c, c.offer)));
    std::optional<policy::course> course = std::move(c.course);
    ledger::reserve_outcome held = c.held;
    c.course.emplace(*c.attempt_facts, *c.policy, more);
    c.hold_number += 1;
    const bool done = co_await take_the_place(c);
    if (done) {
        note_readings(c);
        co_return true;
    }
    c.offer = std::move(offer);
    c.attempt_facts = std::move(about);
    c.course.emplace(std::move(*course));
    c.held = std::move(held);
    c.holding = true;
    co_return false;
}

task<std::optional<refusal>> hold(call& c) {
    look_ahead more(c);
    capacity_wait pauses;
    begin_course(c, more);
    for (;;) {
        ledger::reserve_op op = reserve_op_of(c);
        auto answer = co_await c.use.ledger.reserve(std::move(op));
        if (!answer) co_return no_answer(answer.error());
        note_answer(c, std::move(*answer));
        const followed how = follow(c);
        if (how == followed::served) break;
        if (how == followed::ask_again) continue;
        if (how == followed::claimed) co_return meet_claim(c);
        if (how == followed::odd) co_return unavailable();
        if (how != followed::begin_again) {
            if (pauses.may_help(c))
                co_await c.use.clock.sleep(pauses.next_ms());
            else if (how != followed::refused || !lacks_money(c) || !clamp_output(c))
                co_return refuse_by_course(c, how);
        }
        begin_course(c, more);
    }
    note_held(c);
    co_return std::nullopt;
}

}
