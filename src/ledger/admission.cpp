#include "admission.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::ledger {

namespace {

fit judge(const limit_check& check, const counter& at, const reservation& hold) {
    switch (check.what) {
    case measure_kind::cost: return fit_of(at.spent.count(), at.held.count(), hold.amount.count(), check.maximum);
    case measure_kind::tokens: return fit_of(at.tokens, at.tokens_held, hold.tokens, check.maximum);
    case measure_kind::requests: return fit_of(at.requests, 0, 1, check.maximum);
    case measure_kind::concurrency: return fit_of(at.in_flight, 0, 1, check.maximum);
    }
    TG_ASSERT(false);
}

// A refusal that waiting cannot cure outranks one that it can; among equals the earlier limit is named.
void refuse(reserve_outcome& out, refused_by why, std::uint16_t limit) {
    const bool curable = why == refused_by::limit_held || why == refused_by::prepaid_held;
    const bool was_curable = out.why == refused_by::limit_held || out.why == refused_by::prepaid_held;
    if (!out.admitted && !(was_curable && !curable)) return;
    out.admitted = false;
    out.why = why;
    out.limit = limit;
}

// The counter as if the hold that is to be replaced were not there.
void take_off(counter& at, const reservation& hold) {
    at.held = std::max(usd_nano(), at.held - hold.amount);
    at.tokens_held = std::max<std::int64_t>(0, at.tokens_held - hold.tokens);
    at.requests = std::max<std::int64_t>(0, at.requests - 1);
    at.in_flight = std::max<std::int64_t>(0, at.in_flight - 1);
}

counter counter_without(const counter_key& key, const reservation* before, const working_set& rows) {
    counter at = rows.look(key);
    if (!before) return at;
    const touched row{key.scope, key.span, key.start_s};
    if (std::ranges::find(before->counters, row) != before->counters.end()) take_off(at, *before);
    return at;
}

void judge_limits(const reserve_op& op, const reservation* before, const working_set& rows, reserve_outcome& out) {
    out.readings.reserve(op.limits.size());
    for (const limit_check& check : op.limits) {
        const counter_key key{op.hold.tenant, check.scope, check.span, window_start(check.span, rows.now(), *op.zone)};
        const counter at = counter_without(key, before, rows);
        out.readings.push_back({check.limit, at, key.start_s, window_end(check.span, rows.now(), *op.zone)});
        if (!check.hard) continue;
        const fit result = judge(check, at, op.hold);
        if (result == fit::spent) refuse(out, refused_by::limit, check.limit);
        if (result == fit::held) refuse(out, refused_by::limit_held, check.limit);
    }
}

void judge_prepaid(const reserve_op& op, const reservation* before, const working_set& rows, reserve_outcome& out) {
    if (!op.hold.prepaid) return;
    const balance_row* row = rows.find_balance(op.hold.tenant);
    balance at = row ? row->now : balance{};
    if (before && before->prepaid) at.held = std::max(usd_nano(), at.held - before->amount);
    out.prepaid = at;
    if (at.next_expiry_s && *at.next_expiry_s <= rows.now().seconds())
        return refuse(out, refused_by::expired_grants, 0);
    const std::int64_t credit = (at.credited + op.credit_limit).count();
    const fit result = fit_of(at.spent.count(), at.held.count(), op.hold.amount.count(), credit);
    if (result == fit::spent) refuse(out, refused_by::prepaid, 0);
    if (result == fit::held) refuse(out, refused_by::prepaid_held, 0);
}

// Every counter once, however many limits read it.
std::vector<touched> counters_of(const reserve_op& op, instant now) {
    std::vector<touched> all;
    all.reserve(op.limits.size() + op.also_count.size());
    const auto add = [&](const std::string& scope, window span) {
        touched row{scope, span, window_start(span, now, *op.zone)};
        if (std::ranges::find(all, row) == all.end()) all.push_back(std::move(row));
    };
    for (const touched& row : op.also_count) add(row.scope, row.span);
    for (const limit_check& check : op.limits) add(check.scope, check.span);
    return all;
}

// What the caller gets back: it wrote the record itself, and it is the largest part.
reservation without_record(const reservation& from) {
    reservation out;
    out.id = from.id;
    out.tenant = from.tenant;
    out.amount = from.amount;
    out.input_amount = from.input_amount;
    out.tokens = from.tokens;
    out.counters = from.counters;
    out.prepaid = from.prepaid;
    out.on_unknown = from.on_unknown;
    out.created = from.created;
    out.expires = from.expires;
    out.attempt = from.attempt;
    out.node = from.node;
    return out;
}

// A request that was sent before under the same name: told, whatever the limits say by now.
bool claim_is_free(const reserve_op& op, const working_set& rows, reserve_outcome& out) {
    if (!op.claim) return true;
    const claim_row* row = rows.find_claim(op.hold.tenant, op.claim->key);
    if (!row || row->holder == op.hold.id) return true;
    if (row->created.seconds() + limits::idempotency_kept_s <= rows.now().seconds()) return true;
    const claimed_by found = rows.state_of(*row, op.claim->hash);
    // A holder that failed, crashed or was cut has nothing to repeat.
    if (!found.running && !found.answered) return true;
    out.why = refused_by::claimed;
    out.claimed = found;
    return false;
}

bool token_is_unspent(const reserve_op& op, const working_set& rows, reserve_outcome& out) {
    if (op.spends_token.empty()) return true;
    const auto by = rows.spender_of(op.hold.tenant, op.spends_token);
    if (!by || *by == op.hold.id) return true;
    out.why = refused_by::token_spent;
    return false;
}

void take_names(const reserve_op& op, working_set& rows) {
    if (op.claim) {
        const claim_row* row = rows.find_claim(op.hold.tenant, op.claim->key);
        if (!row || row->holder != op.hold.id) rows.take_claim(op.hold.tenant, *op.claim, op.hold.id);
    }
    if (!op.spends_token.empty() && !rows.spender_of(op.hold.tenant, op.spends_token))
        rows.spend_token(op.hold.tenant, op.spends_token, op.hold.id);
}

void hold_on(const reservation& hold, working_set& rows) {
    for (const touched& row : hold.counters) {
        counter& at = rows.change({hold.tenant, row.scope, row.span, row.start_s});
        at.held += hold.amount;
        at.tokens_held += hold.tokens;
        at.requests += 1;
        at.in_flight += 1;
    }
    if (hold.prepaid) rows.change_balance(hold.tenant).now.held += hold.amount;
}

void take_off(const reservation& hold, working_set& rows) {
    for (const touched& row : hold.counters)
        take_off(rows.change({hold.tenant, row.scope, row.span, row.start_s}), hold);
    if (!hold.prepaid) return;
    balance& at = rows.change_balance(hold.tenant).now;
    at.held = std::max(usd_nano(), at.held - hold.amount);
}

}

reserve_outcome admit(const reserve_op& op, working_set& rows) {
    TG_ASSERT(op.hold.amount >= usd_nano());
    TG_ASSERT(op.hold.tokens >= 0);
    TG_ASSERT(op.limits.size() <= limits::limits_per_request_max);

    reserve_outcome out;
    const reservation* before = rows.find_open(op.hold.id);
    if (before && op.hold.attempt <= before->attempt) {
        // Read for the caller, as if its hold were not there; what it holds is not judged again.
        judge_limits(op, before, rows, out);
        judge_prepaid(op, before, rows, out);
        out.admitted = out.repeated = true;
        out.hold = *before;
        return out;
    }
    if (!before && rows.find_ended(op.hold.id)) {
        out.why = refused_by::ended;
        return out;
    }
    if (!claim_is_free(op, rows, out) || !token_is_unspent(op, rows, out)) return out;
    out.admitted = true;
    judge_limits(op, before, rows, out);
    judge_prepaid(op, before, rows, out);
    if (!out.admitted) return out;

    reservation hold = op.hold;
    hold.counters = counters_of(op, rows.now());
    hold.created = rows.now();
    hold.expires = {rows.now().us + std::int64_t{op.ttl_ms} * 1000};
    if (before) take_off(*before, rows);
    hold_on(hold, rows);
    take_names(op, rows);
    out.hold = without_record(hold);
    if (before)
        rows.replace(std::move(hold));
    else
        rows.open(std::move(hold));
    return out;
}

}
