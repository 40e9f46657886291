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

void judge_limits(const reserve_op& op, const working_set& rows, reserve_outcome& out) {
    out.readings.reserve(op.limits.size());
    for (const limit_check& check : op.limits) {
        const counter_key key{op.hold.tenant, check.scope, check.span, window_start(check.span, rows.now(), *op.zone)};
        const counter at = rows.look(key);
        out.readings.push_back({check.limit, at, key.start_s, window_end(check.span, rows.now(), *op.zone)});
        if (!check.hard) continue;
        const fit result = judge(check, at, op.hold);
        if (result == fit::spent) refuse(out, refused_by::limit, check.limit);
        if (result == fit::held) refuse(out, refused_by::limit_held, check.limit);
    }
}

void judge_prepaid(const reserve_op& op, const working_set& rows, reserve_outcome& out) {
    if (!op.hold.prepaid) return;
    const balance_row* row = rows.find_balance(op.hold.tenant);
    const balance at = row ? row->now : balance{};
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
    out.node = from.node;
    return out;
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

}

reserve_outcome admit(const reserve_op& op, working_set& rows) {
    TG_ASSERT(op.hold.amount >= usd_nano());
    TG_ASSERT(op.hold.tokens >= 0);
    TG_ASSERT(op.limits.size() <= limits::limits_per_request_max);

    reserve_outcome out;
    if (const reservation* before = rows.find_open(op.hold.id)) {
        out.admitted = out.repeated = true;
        out.hold = *before;
        return out;
    }
    if (rows.find_ended(op.hold.id)) {
        out.why = refused_by::ended;
        return out;
    }
    out.admitted = true;
    judge_limits(op, rows, out);
    judge_prepaid(op, rows, out);
    if (!out.admitted) return out;

    reservation hold = op.hold;
    hold.counters = counters_of(op, rows.now());
    hold.created = rows.now();
    hold.expires = {rows.now().us + std::int64_t{op.ttl_ms} * 1000};
    hold_on(hold, rows);
    out.hold = without_record(hold);
    rows.open(std::move(hold));
    return out;
}

}
