#include "simulation_run.hpp"

#include "customer_money.hpp"
#include "judging.hpp"

#include <tollgate/app/recast.hpp>
#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/core/simulation_limits.hpp>
#include <tollgate/openai/error_body.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

usd_nano rescaled(usd_nano amount, std::int32_t from, std::int32_t to, std::int32_t round) {
    return usd_nano(static_cast<std::int64_t>((static_cast<__int128>(amount.count()) * to + round) / from));
}

// All money of a request as the simulated policy's multiplier would have it.
void rescale(recorded_request& r, std::int32_t from, std::int32_t to) {
    if (from == to || from <= 0) return;
    const auto up = [&](usd_nano& amount) { amount = rescaled(amount, from, to, from - 1); };
    up(r.record.facts.estimate);
    up(r.record.facts.input_estimate);
    if (r.record.outlook.candidates)
        for (policy::candidate& each : *r.record.outlook.candidates) {
            up(each.estimate);
            up(each.input_estimate);
        }
}

// A row whose record cannot be read: its columns tell to whom it counts.
void fill_from(const ledger::usage_row& row, policy::facts& facts) {
    facts.who.tenant = row.tenant;
    facts.who.workspace = row.workspace;
    facts.who.key = row.key;
    facts.who.feature = row.feature;
    facts.who.agent = row.agent;
    facts.who.end_user = row.end_user;
    facts.who.model = row.model_requested;
    facts.at = row.at;
    facts.estimate = row.estimated;
}

std::unique_ptr<recorded_request> request_of(const ledger::usage_row& row, instant from) {
    auto r = std::make_unique<recorded_request>();
    if (auto record = read_record(row.record))
        r->record = std::move(*record);
    else
        fill_from(row, r->record.facts);
    r->id = row.id;
    r->feature = row.feature;
    r->model_served = row.model_served;
    r->code = row.code;
    r->decision = row.decision;
    r->used = row.used;
    r->estimated = row.estimated;
    r->charged = row.charged;
    r->provider_cost = row.provider_cost;
    r->tokens = row.tokens;
    r->ended = row.ended;
    r->at = row.at;
    r->ended_at = {row.at.us + r->record.total_us};
    r->decided_at = {row.at.us + (r->record.hold_us > 0 ? r->record.hold_us : r->record.total_us)};
    r->judged = !r->record.decided.empty() && row.at >= from;
    return r;
}

// The facts of the model that held and ran.
policy::facts as_served(const recorded_request& r, const catalog& models) {
    policy::facts out = r.record.facts;
    if (r.model_served.empty() || r.model_served == out.who.model) return out;
    out.who.model = r.model_served;
    out.estimate = r.estimated;
    if (const model* served = models.find(r.model_served)) {
        out.who.tier = served->tier;
        out.who.provider = served->routes.front().provider->name;
    }
    const auto& options = r.record.outlook.candidates;
    if (!options) return out;
    const auto chosen = std::ranges::find(*options, r.model_served, &policy::candidate::model);
    if (chosen == options->end()) return out;
    out.who.tier = chosen->tier;
    out.who.provider = chosen->provider;
    out.tokens = chosen->tokens;
    return out;
}

bool is_refusal(policy::verdict what) { return what == policy::verdict::refuse || what == policy::verdict::throttle; }

__int128 part_of(std::int64_t whole, __int128 numerator, __int128 denominator) {
    return denominator == 0 ? whole : static_cast<__int128>(whole) * numerator / denominator;
}

}

// ---- what is usual ----

void usual_request::note(const recorded_request& ran) {
    if (ran.ended != ledger::ending::settled) return;
    charged_ += ran.charged.count();
    estimated_ += ran.record.facts.estimate.count();
    tokens_ += ran.tokens;
    bound_ += ran.record.facts.tokens;
    duration_us_ += ran.ended_at.us - ran.decided_at.us;
    count_ += 1;
}

usd_nano usual_request::cost(usd_nano estimate) const {
    const auto part = part_of(estimate.count(), charged_, estimated_);
    return std::min(estimate, usd_nano(static_cast<std::int64_t>(std::min<__int128>(part, estimate.count()))));
}

std::int64_t usual_request::tokens(std::int64_t bound) const {
    return static_cast<std::int64_t>(std::min<__int128>(part_of(bound, tokens_, bound_), bound));
}

std::int64_t usual_request::duration_us() const {
    constexpr std::int64_t nothing_known_us = 1'000'000;
    return count_ == 0 ? nothing_known_us : static_cast<std::int64_t>(duration_us_ / count_);
}

// ---- events ----

simulation::run::run(simulation_setup how, const listener& on_decided)
    : how_(std::move(how)), on_decided_(on_decided), books_(how_.policy.zone) {
    if (!how_.policy.prepaid_opening) return;
    ledger::balance& at = books_.balance(how_.tenant);
    at.credited = how_.credited;
    at.spent = how_.spent;
}

void simulation::run::schedule(instant at, event what) {
    queue_.emplace(std::pair(at.us, ++scheduled_), std::move(what));
    while (queue_.size() > limits::simulation_open_max) step();
}

void simulation::run::step() {
    auto first = queue_.extract(queue_.begin());
    const instant now{first.key().first};
    event& what = first.mapped();
    if (auto* request = std::get_if<request_ptr>(&what))
        decide(std::move(*request), now);
    else if (auto* end = std::get_if<ledger::op>(&what))
        books_.end(*end, now);
    else if (how_.policy.prepaid_opening)
        books_.balance(how_.tenant).credited += std::get<usd_nano>(what);
}

void simulation::run::advance(instant to) {
    while (!queue_.empty() && queue_.begin()->first.first <= to.us) step();
}

void simulation::run::finish() {
    while (!queue_.empty()) step();
}

void simulation::run::take(const ledger::usage_row& row) {
    advance(row.at);
    request_ptr r = request_of(row, how_.from);
    r->record.facts.who.tenant = how_.tenant;
    usual_.note(*r);
    if (r->judged && how_.charge_permille) {
        const std::int32_t to = how_.policy.charge_permille;
        const std::int32_t then = how_.charge_permille(r->record.policy_version).value_or(to);
        rescale(*r, then, to);
        if (then != to) r->charged_now = rescaled(r->charged, then, to, then / 2);
    }
    if (!r->charged_now) r->charged_now = r->charged;
    const instant due = r->decided_at;
    schedule(due, std::move(r));
}

// ---- one request ----

void simulation::run::decide(request_ptr r, instant now) {
    if (!r->judged) return carry(*r, now);
    const policy::facts& asked = r->record.facts;
    const policy::ruling rules = policy::decide(asked, &how_.policy);
    if (rules.objection) return conclude(*r, policy::decided_by(rules, asked), {});
    recast_outlook more(r->record, how_.policy, how_.models);
    policy::course way(asked, how_.policy, more);
    policy::next last = policy::next::hold;
    ledger::reserve_outcome got;
    while (last == policy::next::hold) {
        ledger::reserve_op op = question_of(way, how_.policy);
        op.hold.id = r->id;
        op.ttl_ms = limits::reservation_ttl_ms;
        got = books_.reserve(std::move(op), now);
        last = way.take(reading_of(got, way, how_.policy));
    }
    TG_ASSERT(got.admitted == (last == policy::next::serve));
    if (!got.admitted && way.may_come_back() && wait(r, now)) return;
    charge cost;
    if (got.admitted) {
        cost = charge_of(*r, way.about());
        end_later(*r, got.hold, cost, now);
    }
    conclude(*r, policy::decided_by(rules, way, last), cost);
}

// As the gateway does: asked again after a pause, up to a second after the request came.
bool simulation::run::wait(request_ptr& r, instant now) {
    r->pause_ms = r->pause_ms == 0 ? capacity_pause_first_ms : std::min(r->pause_ms * 2, capacity_pause_ms_max);
    const std::int64_t next_us = now.us + std::int64_t{r->pause_ms} * 1000;
    if (next_us > r->at.us + std::int64_t{limits::capacity_wait_ms_max} * 1000) return false;
    schedule({next_us}, std::move(r));
    return true;
}

// Not judged: it holds and spends what it did, whatever the limits say.
void simulation::run::carry(const recorded_request& r, instant now) {
    const bool counted = r.at >= how_.from;
    const charge cost{r.charged, r.provider_cost, r.tokens, false, r.ended == ledger::ending::released};
    if (r.ended) {
        const policy::facts about = as_served(r, how_.models);
        recorded_answers nothing(r.record.outlook);
        const policy::course way(about, how_.policy, nothing);
        ledger::reserve_op op = question_of(way, how_.policy);
        for (limit_check& each : op.limits) each.hard = false;
        op.credit_limit = usd_nano(limits::amount_nano_max);
        op.hold.prepaid = op.hold.prepaid && counted; // what was spent before stands in the balance
        op.hold.id = r.id;
        op.ttl_ms = limits::reservation_ttl_ms;
        end_later(r, books_.reserve(std::move(op), now).hold, cost, now);
    }
    if (!counted) return;
    result_.without_decision += 1;
    const outcome_seen seen{r.decision, r.code, false, r.charged};
    const std::string& whose = r.record.facts.who.model;
    const std::string& by = r.ended && !r.model_served.empty() ? r.model_served : whose;
    result_.add_before(how_.tenant, r.feature, by, seen);
    result_.add_after(how_.tenant, r.feature, by, seen, false);
}

simulation::run::charge simulation::run::charge_of(const recorded_request& r, const policy::facts& about) const {
    if (!r.ended) {
        const usd_nano amount = usual_.cost(about.estimate);
        return {amount, to_provider_cost(how_.policy, amount), usual_.tokens(about.tokens), true, false};
    }
    if (r.ended == ledger::ending::released) return {{}, {}, 0, false, true};
    // Another provider's model may have answered in the end: what it was decided as is what counts.
    const bool same = about.who.model == r.model_served || about.who.model == r.record.outcome.model;
    if (same) return {*r.charged_now, r.provider_cost, r.tokens, false, false};
    const model* serves = how_.models.find(about.who.model);
    const tollgate::price* price = serves ? serves->routes.front().price_at(r.at) : nullptr;
    const auto cost = price ? cost_of(r.used, *price, service_tier::standard) : std::nullopt;
    if (!cost) return {*r.charged_now, r.provider_cost, r.tokens, false, false};
    return {to_charge(how_.policy, *cost), *cost, r.tokens, false, false};
}

void simulation::run::end_later(const recorded_request& r, const ledger::reservation& hold, const charge& what,
                                instant now) {
    const instant planned = what.assumed ? instant{now.us + usual_.duration_us()} : r.ended_at;
    const instant at = std::max(planned, now);
    ledger::usage_row row;
    row.id = r.id;
    row.tenant = how_.tenant;
    row.provider_cost = what.provider_cost;
    if (what.released)
        schedule(at, ledger::release_op{hold, std::move(row)});
    else
        schedule(at, ledger::settle_op{hold, what.amount, what.tokens, std::move(row)});
}

// ---- figures ----

void simulation::run::conclude(const recorded_request& r, const policy::decided& what, const charge& cost) {
    const recorded_outcome& was = r.record.outcome;
    const outcome_seen before{was.outcome, was.code, was.would == "refuse" || was.would == "throttle", r.charged};
    const bool ran = r.ended && !r.model_served.empty();
    result_.add_before(how_.tenant, r.feature, ran ? r.model_served : r.record.facts.who.model, before);

    const std::string_view code = what.code ? openai::code_text(*what.code) : std::string_view();
    const outcome_seen after{policy::name_of(what.what), code, what.would && is_refusal(*what.would), cost.amount};
    const bool changed = after.outcome != before.outcome || after.code != before.code || what.model != was.model;
    const bool runs = what.what == policy::verdict::allow || what.what == policy::verdict::downgrade;
    result_.add_after(how_.tenant, r.feature, runs ? what.model : r.record.facts.who.model, after, changed);
    if (cost.assumed) {
        result_.assumed += 1;
        result_.assumed_cost += cost.amount;
    }
    if (on_decided_) on_decided_(r.id, what);
}

}
