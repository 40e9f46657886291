#include "naming.hpp"

#include <utility>

namespace tollgate::ledger {

namespace {

class namer {
public:
    namer(calendar& windows, counter_rows& rows, std::vector<slot>& named)
        : windows_(windows), rows_(rows), named_(named) {}

    void name(const reserve_op& op) {
        const std::uint64_t tenant_hash = hash_of(op.hold.tenant);
        const auto add = [&](std::string_view scope, window span) {
            const std::int64_t start_s = windows_.of(span, *op.zone).start_s;
            named_.push_back(
                rows_.add({op.hold.tenant, scope, span, start_s}, hash_of(tenant_hash, scope, span, start_s)));
        };
        for (const limit_check& check : op.limits) add(check.scope, check.span);
        for (const touched& row : op.also_count) add(row.scope, row.span);
    }
    void name(const reservation& hold) {
        const std::uint64_t tenant_hash = hash_of(hold.tenant);
        for (const touched& row : hold.counters)
            named_.push_back(rows_.add({hold.tenant, row.scope, row.span, row.start_s},
                                       hash_of(tenant_hash, row.scope, row.span, row.start_s)));
    }
    void name(const settle_op& op) { name(op.hold); }
    void name(const release_op& op) { name(op.hold); }
    void name(const expire_op& op) { name(op.hold); }
    void name(const auto&) {}

private:
    calendar& windows_;
    counter_rows& rows_;
    std::vector<slot>& named_;
};

std::size_t count(const reserve_op& op) { return op.limits.size() + op.also_count.size(); }
std::size_t count(const settle_op& op) { return op.hold.counters.size(); }
std::size_t count(const release_op& op) { return op.hold.counters.size(); }
std::size_t count(const expire_op& op) { return op.hold.counters.size(); }
std::size_t count(const auto&) { return 0; }

// ---- all else, when everything is probed ----

void want_hold(wanted& rows, const reservation& hold) {
    rows.reservations.try_emplace(hold.id, hold.tenant);
    if (hold.prepaid) rows.balances.add(hold.tenant);
}

void want(wanted& rows, const reserve_op& op) {
    want_hold(rows, op.hold);
    for (const touched& row : op.hold.counters) rows.counters.add({op.hold.tenant, row.scope, row.span, row.start_s});
    if (op.claim) rows.claims.emplace(op.hold.tenant, op.claim->key);
    if (!op.spends_token.empty()) rows.tokens.emplace(op.hold.tenant, op.spends_token);
}
void want(wanted& rows, const settle_op& op) { want_hold(rows, op.hold); }
void want(wanted& rows, const release_op& op) { want_hold(rows, op.hold); }
void want(wanted& rows, const expire_op& op) { want_hold(rows, op.hold); }
void want(wanted&, const note_op&) {}
void want(wanted& rows, const move_op& op) {
    rows.balances.add(op.tenant);
    rows.grants.insert(op.tenant);
    rows.movements.emplace(op.tenant, op.idempotency_key);
    if (op.kind == movement::refund) rows.refunds.insert(op.tenant);
    if (op.refunds) rows.charges.emplace(op.tenant, *op.refunds);
}
void want(wanted& rows, const expire_grants_op& op) {
    rows.balances.add(op.tenant);
    rows.grants.insert(op.tenant);
}

// ---- the same without probing ----

bool assume(wanted& rows, const reserve_op& op) {
    if (op.hold.attempt > 0 || op.claim || !op.spends_token.empty()) return false;
    if (op.hold.prepaid) rows.balances.add(op.hold.tenant);
    return true;
}
bool assume_open(wanted& rows, const reservation& hold) {
    if (hold.prepaid) rows.balances.add(hold.tenant);
    rows.assumed.push_back(&hold);
    return true;
}
bool assume(wanted& rows, const settle_op& op) {
    if (op.answer) return false; // kept with the settlement: more than counters and a usage row
    return assume_open(rows, op.hold);
}
bool assume(wanted& rows, const release_op& op) { return assume_open(rows, op.hold); }
bool assume(wanted&, const note_op&) { return true; }
bool assume(wanted&, const auto&) { return false; }

void name_all(wanted& rows, op_list ops, instant now) {
    calendar windows(now);
    name_counters(ops, windows, rows.counters, rows.named);
}

}

std::size_t names_in(const op& what) {
    return std::visit([](const auto& each) { return count(each); }, what);
}

std::size_t names_in(op_list ops) {
    std::size_t sum = 0;
    for (const op* each : ops) sum += names_in(*each);
    return sum;
}

void name_counters(op_list ops, calendar& windows, counter_rows& rows, std::vector<slot>& named) {
    named.clear();
    named.reserve(names_in(ops));
    if (rows.empty()) rows.reserve(named.capacity());
    namer each_of(windows, rows, named);
    for (const op* each : ops) std::visit([&](const auto& o) { each_of.name(o); }, *each);
}

wanted rows_of(op_list ops, instant now) {
    wanted rows;
    name_all(rows, ops, now);
    for (const op* each : ops) std::visit([&](const auto& o) { want(rows, o); }, *each);
    return rows;
}

std::optional<wanted> rows_assumed(op_list ops, instant now) {
    wanted rows;
    rows.assumes = true;
    for (const op* each : ops)
        if (!std::visit([&](const auto& o) { return assume(rows, o); }, *each)) return std::nullopt;
    name_all(rows, ops, now);
    return rows;
}

bool want_found_holds(const snapshot& found, wanted& more) {
    const std::size_t before = more.counters.size() + more.balances.size();
    for (const auto& [id, hold] : found.reservations) {
        for (const touched& row : hold.counters) {
            const counter_view key(hold.tenant, row.scope, row.span, row.start_s);
            if (!found.counters.contains(key)) more.counters.add(key);
        }
        if (hold.prepaid && !found.balances.contains(hold.tenant)) more.balances.add(hold.tenant);
    }
    return more.counters.size() + more.balances.size() > before;
}

void take_names(wanted& asked, snapshot& found) {
    found.counters = std::exchange(asked.counters, {});
    found.named = std::exchange(asked.named, {});
    found.balances = std::exchange(asked.balances, {});
    found.assumed = asked.assumed;
}

}
