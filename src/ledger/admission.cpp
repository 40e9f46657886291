#include "admission.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <span>

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

bool touches(const reservation& hold, const counter_key& key) {
    return std::ranges::any_of(hold.counters, [&](const touched& row) {
        return row.scope == key.scope && row.span == key.span && row.start_s == key.start_s;
    });
}

void judge_limits(const reserve_op& op, const reservation* before, working_set& rows, reserve_outcome& out) {
    out.readings.reserve(op.limits.size());
    for (std::size_t i = 0; i < op.limits.size(); ++i) {
        const limit_check& check = op.limits[i];
        const slot named = rows.named()[i];
        counter at = rows.look(named);
        if (before && touches(*before, rows.key(named))) take_off(at, *before);
        const calendar::bounds& window = rows.windows().of(check.span, *op.zone);
        out.readings.push_back({check.limit, at, window.start_s, window.end_s});
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

// Every counter once, however many limits read it: those kept besides come first.
std::span<const slot> counters_of(const reserve_op& op, working_set& rows) {
    std::vector<slot>& all = rows.scratch();
    all.clear();
    const auto add = [&](std::span<const slot> some) {
        for (const slot each : some)
            if (std::ranges::find(all, each) == all.end()) all.push_back(each);
    };
    add(rows.named().subspan(op.limits.size()));
    add(rows.named().first(op.limits.size()));
    return all;
}

// What the caller gets back: it wrote the record itself, and it is the largest part.
void fill_hold(reservation& out, const reserve_op& op, instant now) {
    out.id = op.hold.id;
    out.tenant = op.hold.tenant;
    out.amount = op.hold.amount;
    out.input_amount = op.hold.input_amount;
    out.tokens = op.hold.tokens;
    out.prepaid = op.hold.prepaid;
    out.on_unknown = op.hold.on_unknown;
    out.created = now;
    out.expires = {now.us + std::int64_t{op.ttl_ms} * 1000};
    out.attempt = op.hold.attempt;
    out.node = op.hold.node;
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

void hold_on(reservation& hold, std::span<const slot> counters, working_set& rows) {
    hold.counters.reserve(counters.size());
    for (const slot each : counters) {
        const counter_key& key = rows.key(each);
        hold.counters.push_back({key.scope, key.span, key.start_s});
        counter& at = rows.change(each);
        at.held += hold.amount;
        at.tokens_held += hold.tokens;
        at.requests += 1;
        at.in_flight += 1;
    }
    if (hold.prepaid) rows.change_balance(hold.tenant).now.held += hold.amount;
}

void take_off(const reservation& hold, working_set& rows) {
    for (const slot each : rows.counters_of(hold)) take_off(rows.change(each), hold);
    if (!hold.prepaid) return;
    balance& at = rows.change_balance(hold.tenant).now;
    at.held = std::max(usd_nano(), at.held - hold.amount);
}

}

void admit(const reserve_op& op, working_set& rows, reserve_outcome& out) {
    TG_ASSERT(op.hold.amount >= usd_nano());
    TG_ASSERT(op.hold.tokens >= 0);
    TG_ASSERT(op.limits.size() <= limits::limits_per_request_max);

    const reservation* before = rows.find_open(op.hold.id);
    if (before && op.hold.attempt <= before->attempt) {
        // Read for the caller, as if its hold were not there; what it holds is not judged again.
        judge_limits(op, before, rows, out);
        judge_prepaid(op, before, rows, out);
        out.admitted = out.repeated = true;
        out.hold = *before;
        return;
    }
    if (!before && rows.find_ended(op.hold.id)) {
        out.why = refused_by::ended;
        return;
    }
    if (!claim_is_free(op, rows, out) || !token_is_unspent(op, rows, out)) return;
    out.admitted = true;
    judge_limits(op, before, rows, out);
    judge_prepaid(op, before, rows, out);
    if (!out.admitted) return;

    fill_hold(out.hold, op, rows.now());
    if (before) take_off(*before, rows);
    hold_on(out.hold, counters_of(op, rows), rows);
    take_names(op, rows);
    if (before)
        rows.replace(out.hold, op.hold.record);
    else
        rows.open(out.hold, op.hold.record);
}

}
