// Step 8: what the request cost, exactly once, on every way out.
#include "call.hpp"
#include "customer_money.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

// The model and tier that the answer names decide the price, under the book in force when the request was held.
void charge_usage(call& c, const outcome& end, const openai::settlement& settled) {
    const std::string& named = end.report.model;
    const tollgate::price* price = nullptr;
    if (!named.empty() && named != c.offer.route->upstream_name)
        price = c.config->catalog->price_of(c.offer.route->provider->name, named, c.arrived);
    if (!price) price = c.offer.price;
    if (!price) return;
    const service_tier asked = c.offer.tier == service_tier::automatic ? service_tier::standard : c.offer.tier;
    const auto cost = cost_of(settled.used, *price, end.report.tier.value_or(asked));
    if (cost) {
        c.provider_cost = *cost;
        c.charged = to_charge(*c.policy, *cost);
        return;
    }
    c.flagged = true;
    c.charged = c.offer.estimate;
    c.provider_cost = to_provider_cost(*c.policy, c.offer.estimate);
}

void charge_hold(call& c, usd_nano amount, cost_source source) {
    c.charged = amount;
    c.provider_cost = to_provider_cost(*c.policy, amount);
    c.source = source;
    c.flagged = true;
    c.used.prompt_tokens = c.offer.bound.input_tokens;
    if (amount == c.offer.estimate) c.used.completion_tokens = c.offer.bound.output_tokens;
}

// Nobody knows what it cost: as the policy says.
bool charge_unknown(call& c) {
    switch (c.policy->usage_unknown) {
    case policy::usage_unknown::charge_estimate: charge_hold(c, c.offer.estimate, cost_source::estimated); return true;
    case policy::usage_unknown::charge_input:
        charge_hold(c, c.offer.input_estimate, cost_source::estimated);
        return true;
    case policy::usage_unknown::release: return false;
    }
    TG_ASSERT(false);
}

// No attempt answered, and one of them may have done the work: one charge for all of them, within what is held.
bool charge_lost(call& c) {
    if (c.lost_charge == usd_nano()) return false;
    charge_hold(c, std::min(c.lost_charge, c.offer.estimate), cost_source::estimated);
    c.provider_cost = usd_nano(); // added below
    return true;
}

// Fills in what is charged; false: nothing is, the hold is released.
bool measure_cost(call& c, const outcome& end) {
    if (end.how == outcome::end::not_sent || end.how == outcome::end::refused) return charge_lost(c);
    if (end.how == outcome::end::unknown) return charge_unknown(c);
    openai::settlement_input in;
    in.bound = c.offer.bound;
    in.report = end.report;
    in.complete = end.how == outcome::end::complete;
    in.answered = true;
    in.counted_output = end.counted_output;
    in.input_estimate = c.offer.bound.input_tokens;
    const openai::settlement settled = openai::settle_usage(in);
    c.flagged = settled.flagged;
    if (settled.at_hold) {
        charge_hold(c, c.offer.estimate, cost_source::estimated);
        return true;
    }
    c.used = settled.used;
    c.source = settled.source;
    charge_usage(c, end, settled);
    if (c.charged > c.offer.estimate) c.flagged = true;
    return true;
}

void count(call& c, const ports::ledger_port::settled& done) {
    ports::metrics& m = c.use.metrics;
    const auto add = [](auto& counter, auto value) {
        counter.fetch_add(static_cast<std::uint64_t>(value), std::memory_order_relaxed);
    };
    add(m.settled, 1);
    if (c.source == cost_source::estimated) add(m.settled_estimated, 1);
    if (c.source == cost_source::counted) add(m.settled_counted, 1);
    if (done.outcome.overage > usd_nano()) add(m.overages, 1);
    if (done.in_outbox) add(m.outboxed, 1);
    add(m.charged_nano_usd, c.charged.count());
    add(m.estimated_nano_usd, c.offer.estimate.count());
    add(m.prompt_tokens, c.used.prompt_tokens);
    add(m.completion_tokens, c.used.completion_tokens);
}

}

task<> settle(call& c, const outcome& end, const std::function<void()>& priced) {
    TG_ASSERT(c.holding);
    c.holding = false;
    c.model_answered = end.report.model.substr(0, limits::model_name_bytes_max);
    c.held.hold.record.clear(); // the final row takes its place
    const bool charged = measure_cost(c, end);
    // Attempts that were lost on the way are the operator's loss: the customer pays for one.
    c.provider_cost += c.lost_cost;
    if (c.lost_cost > usd_nano()) c.flagged = true;
    if (!charged) {
        ledger::release_op op{std::move(c.held.hold), usage_row_of(c)};
        co_await c.use.ledger.release(std::move(op));
        co_return;
    }
    if (priced) priced();
    ledger::settle_op op{std::move(c.held.hold), c.charged, c.used.total(), usage_row_of(c), std::move(c.kept)};
    const auto done = co_await c.use.ledger.settle(std::move(op));
    count(c, done);
}

}
