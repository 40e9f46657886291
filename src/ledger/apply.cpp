#include <tollgate/ledger/apply.hpp>

#include "admission.hpp"
#include "movements.hpp"
#include "settlement.hpp"
#include "working_set.hpp"

namespace tollgate::ledger {

namespace {

// ---- which rows an operation needs ----

void want_hold(wanted& rows, const reservation& hold) {
    rows.reservations.insert(hold.id);
    if (hold.prepaid) rows.balances.insert(hold.tenant);
    for (const touched& row : hold.counters) rows.counters.insert({hold.tenant, row.scope, row.span, row.start_s});
}

void want_limits(wanted& rows, const reserve_op& op, instant now) {
    const auto add = [&](const std::string& scope, window span) {
        rows.counters.insert({op.hold.tenant, scope, span, window_start(span, now, *op.zone)});
    };
    for (const limit_check& check : op.limits) add(check.scope, check.span);
    for (const touched& row : op.also_count) add(row.scope, row.span);
}

void want(wanted& rows, const reserve_op& op, instant now) {
    want_hold(rows, op.hold);
    want_limits(rows, op, now);
    if (op.claim) rows.claims.emplace(op.hold.tenant, op.claim->key);
    if (!op.spends_token.empty()) rows.tokens.emplace(op.hold.tenant, op.spends_token);
}
void want(wanted& rows, const settle_op& op, instant) { want_hold(rows, op.hold); }
void want(wanted& rows, const release_op& op, instant) { want_hold(rows, op.hold); }
void want(wanted& rows, const expire_op& op, instant) { want_hold(rows, op.hold); }
void want(wanted&, const note_op&, instant) {}
void want(wanted& rows, const move_op& op, instant) {
    rows.balances.insert(op.tenant);
    rows.grants.insert(op.tenant);
    rows.movements.emplace(op.tenant, op.idempotency_key);
    if (op.refunds) rows.charges.emplace(op.tenant, *op.refunds);
}
void want(wanted& rows, const expire_grants_op& op, instant) {
    rows.balances.insert(op.tenant);
    rows.grants.insert(op.tenant);
}

// ---- the same without probing ----

void want_touched(wanted& rows, const reservation& hold) {
    if (hold.prepaid) rows.balances.insert(hold.tenant);
    for (const touched& row : hold.counters) rows.counters.insert({hold.tenant, row.scope, row.span, row.start_s});
}

bool assume(wanted& rows, const reserve_op& op, instant now) {
    if (op.hold.attempt > 0 || op.claim || !op.spends_token.empty()) return false;
    want_limits(rows, op, now);
    if (op.hold.prepaid) rows.balances.insert(op.hold.tenant);
    return true;
}
bool assume(wanted& rows, const settle_op& op, instant) {
    if (op.answer) return false; // kept with the settlement: more than counters and a usage row
    want_touched(rows, op.hold);
    rows.assumed.push_back(&op.hold);
    return true;
}
bool assume(wanted& rows, const release_op& op, instant) {
    want_touched(rows, op.hold);
    rows.assumed.push_back(&op.hold);
    return true;
}
bool assume(wanted&, const note_op&, instant) { return true; }
bool assume(wanted&, const auto&, instant) { return false; }

// ---- what it does ----

outcome run(const reserve_op& op, working_set& rows) { return admit(op, rows); }
outcome run(const settle_op& op, working_set& rows) { return settle(op, rows); }
outcome run(const release_op& op, working_set& rows) { return release(op, rows); }
outcome run(const expire_op& op, working_set& rows) { return expire(op, rows); }
outcome run(const note_op& op, working_set& rows) {
    rows.add_usage(op.row);
    return noted{};
}
outcome run(const move_op& op, working_set& rows) { return move(op, rows); }
outcome run(const expire_grants_op& op, working_set& rows) {
    expire_grants(op, rows);
    return noted{};
}

}

namespace {

std::vector<const op*> pointers_to(std::span<const op> ops) {
    std::vector<const op*> out;
    out.reserve(ops.size());
    for (const op& each : ops) out.push_back(&each);
    return out;
}

}

wanted rows_of(op_list ops, instant now) {
    wanted rows;
    for (const op* each : ops) std::visit([&](const auto& o) { want(rows, o, now); }, *each);
    return rows;
}

wanted rows_of(std::span<const op> ops, instant now) {
    const auto pointers = pointers_to(ops);
    return rows_of(op_list(pointers), now);
}

std::optional<wanted> rows_assumed(op_list ops, instant now) {
    wanted rows;
    rows.assumes = true;
    for (const op* each : ops)
        if (!std::visit([&](const auto& o) { return assume(rows, o, now); }, *each)) return std::nullopt;
    return rows;
}

bool want_found_holds(const snapshot& found, const wanted& asked, wanted& more) {
    bool any = false;
    for (const auto& [id, hold] : found.reservations) {
        for (const touched& row : hold.counters) {
            counter_key key{hold.tenant, row.scope, row.span, row.start_s};
            if (asked.counters.contains(key)) continue;
            more.counters.insert(std::move(key));
            any = true;
        }
        if (!hold.prepaid || asked.balances.contains(hold.tenant)) continue;
        more.balances.insert(hold.tenant);
        any = true;
    }
    return any;
}

applied apply(op_list ops, const snapshot& found) {
    working_set rows(found);
    applied done;
    done.outcomes.reserve(ops.size());
    for (const op* each : ops) done.outcomes.push_back(std::visit([&](const auto& o) { return run(o, rows); }, *each));
    done.write = rows.take();
    return done;
}

applied apply(std::span<const op> ops, const snapshot& found) {
    const auto pointers = pointers_to(ops);
    return ledger::apply(op_list(pointers), found);
}

}
