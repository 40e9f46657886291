#include "ledger.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace tollgate::postgres {

namespace {

using tollgate::ledger::counter_key;
using tollgate::ledger::slot;
using tollgate::ledger::snapshot;
using tollgate::ledger::wanted;

constexpr std::int64_t clock_fresh_us = 10'000'000; // an older look at the store's clock is renewed first

std::int64_t steady_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

template <class Rows>
bool names_all(const Rows& rows, const Rows& others) {
    for (slot i = 0; i < others.size(); ++i)
        if (!rows.find(others.key(i), others.hash(i))) return false;
    return true;
}

// Every row that `real` names was asked for.
bool covers(const snapshot& found, const wanted& asked, const wanted& real) {
    using std::ranges::includes;
    return names_all(found.counters, real.counters) && names_all(found.balances, real.balances) &&
           includes(asked.grants, real.grants) && includes(asked.refunds, real.refunds) &&
           includes(asked.reservations, real.reservations) && includes(asked.movements, real.movements) &&
           includes(asked.charges, real.charges) && includes(asked.claims, real.claims) &&
           includes(asked.tokens, real.tokens);
}

template <class Set, class Pointers>
void point_at(const Set& rows, Pointers& order) {
    order.clear();
    for (const auto& row : rows) order.push_back(&row);
}

template <class Rows>
void add_names(Rows& rows, const Rows& more) {
    for (slot i = 0; i < more.size(); ++i) rows.add(more.key(i), more.hash(i));
}

template <class Rows>
std::size_t missing_in(const Rows& rows) {
    std::size_t missing = 0;
    for (slot i = 0; i < rows.size(); ++i) missing += rows.exists(i) ? 0 : 1;
    return missing;
}

// The row of a batch that an answer is about; ordinality counts from 1.
template <class Order>
auto asked_row(const Order& order, reader& in) {
    const std::int64_t i = in.number();
    TG_ASSERT(i >= 1 && static_cast<std::size_t>(i) <= order.size());
    return order[static_cast<std::size_t>(i) - 1];
}

}

ledger::ledger(connect_options options) : client_(std::move(options)) {}

store_result<void> ledger::prepared_client::on_open(connection& db) {
    for (const statement& each : ledger_statements()) db.prepare(name_of(each.which), each.sql);
    return db.run();
}

store_result<void> ledger::connect() {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    return {};
}

// ---- the store's clock ------------------------------------------------------------------------------------------

instant ledger::estimate() const { return {steady_us() + clock_offset_us_}; }

void ledger::learn(instant now) {
    clock_offset_us_ = now.us - steady_us();
    clock_known_ = true;
    clock_seen_us_ = steady_us();
}

store_result<void> ledger::know_clock(connection& db) {
    if (clock_known_ && steady_us() - clock_seen_us_ < clock_fresh_us) return {};
    db.add(name_of(query::clock));
    return db.run([&](std::size_t, reader& in) { learn(in.time()); });
}

// ---- begin ------------------------------------------------------------------------------------------------------

store_result<snapshot> ledger::begin(const std::function<wanted(instant now)>& rows) {
    TG_ASSERT(!open_);
    audits_.clear();
    const auto ready = client_.ready();
    if (!ready) return std::unexpected(ready.error());
    connection& db = **ready;
    if (auto done = know_clock(db); !done) return std::unexpected(done.error());
    out_.missing_scopes.clear();
    out_.missing_balances.clear();
    instant guess = guess_ = estimate();
    if (careful_batches_ > 0) careful_batches_ -= 1;
    wanted held; // by open reservations, beyond what the batch named
    for (int attempt = 0; attempt < limits::store_begin_attempts_max; ++attempt) {
        need_ = rows(guess);
        if (need_.assumes) return begin_guarded(db, guess);
        add_names(need_.counters, held.counters);
        add_names(need_.balances, held.balances);
        auto found = read(db);
        if (!found) {
            rollback();
            return found;
        }
        // Windows start on whole seconds: within one, the same rows are wanted.
        const bool same_second = guess.seconds() == found->now.seconds();
        const bool same_rows = same_second || covers(*found, need_, rows(found->now));
        if (!same_second) found->named.clear(); // of another window, it may be
        const bool more = want_found_holds(*found, held);
        if (same_rows && !more && complete(*found)) return found;
        guess = found->now;
        if (same_rows) note_missing(*found);
    }
    rollback();
    return std::unexpected(store_error{store_fault::conflict, "the rows of a batch kept changing while it began"});
}

// One round trip. An open transaction is given up first, so that locks are always taken in one go and in order.
store_result<snapshot> ledger::read(connection& db) {
    sent_.clear();
    found_ = {};
    take_tables();
    scope_memory_.place(scopes_.table());
    balance_memory_.place(found_.balances);
    if (open_) queue(db, query::rollback);
    queue(db, query::begin);
    open_ = true;
    add_missing(db);
    add_reads(db);
    queue(db, query::clock);
    if (auto done = db.run([this](std::size_t i, reader& in) { take_row(i, in); }); !done)
        return std::unexpected(done.error());
    if (auto done = scopes_.read_into(found_.counters); !done) return std::unexpected(done.error());
    learn(found_.now);
    return std::move(found_);
}

void ledger::send(connection& db, query which, arrays& rows) {
    if (rows.empty()) return;
    db.add(name_of(which), rows.finish());
    sent_.push_back(which);
}

void ledger::queue(connection& db, query which) {
    db.add(name_of(which));
    sent_.push_back(which);
}

void ledger::add_missing(connection& db) {
    send(db, query::make_counters, out_.missing_scopes);
    send(db, query::make_balances, out_.missing_balances);
    out_.missing_scopes.clear();
    out_.missing_balances.clear();
}

// The order of these statements is the order of locks. Endings are read after the reservations were: one that is gone
// by then has its ending committed, and a later statement sees it.
void ledger::add_reads(connection& db) {
    out_.scope_keys.clear();
    for (const slot i : scope_order_) store::put(out_.scope_keys, scopes_.table().key(i));
    send(db, query::lock_counters, out_.scope_keys);
    out_.tenants.clear();
    for (const slot i : balance_order_) out_.tenants.text(found_.balances.key(i));
    send(db, query::lock_balances, out_.tenants);
    out_.grant_tenants.clear();
    for (const tenant_id& tenant : need_.grants) out_.grant_tenants.text(tenant);
    send(db, query::read_grants, out_.grant_tenants);
    out_.refund_tenants.clear();
    for (const tenant_id& tenant : need_.refunds) out_.refund_tenants.text(tenant);
    send(db, query::read_refunds, out_.refund_tenants);
    add_key_reads(db);
}

void ledger::add_key_reads(connection& db) {
    point_at(need_.movements, movement_order_);
    point_at(need_.charges, charge_order_);
    out_.ids.clear();
    out_.dated_ids.clear();
    for (const auto& [id, tenant] : need_.reservations) {
        out_.ids.text(tenant).id(id);
        out_.dated_ids.id(id).day(month_of(id));
    }
    send(db, query::lock_reservations, out_.ids);
    add_repeat_reads(db);
    send(db, query::read_endings, out_.dated_ids);
    out_.movement_keys.clear();
    for (const auto& [tenant, key] : need_.movements) out_.movement_keys.text(tenant).text(key);
    send(db, query::read_movements, out_.movement_keys);
    out_.charge_keys.clear();
    for (const auto& [tenant, id] : need_.charges) out_.charge_keys.text(tenant).id(id).day(month_of(id));
    send(db, query::read_charges, out_.charge_keys);
}

void ledger::add_repeat_reads(connection& db) {
    point_at(need_.claims, claim_order_);
    point_at(need_.tokens, token_order_);
    out_.claim_keys.clear();
    for (const auto& [tenant, key] : need_.claims) out_.claim_keys.text(tenant).text(key);
    send(db, query::lock_claims, out_.claim_keys);
    send(db, query::read_claims, out_.claim_keys);
    out_.token_keys.clear();
    for (const auto& [tenant, token] : need_.tokens) out_.token_keys.text(tenant).text(token);
    send(db, query::read_tokens, out_.token_keys);
}

void ledger::take_row(std::size_t statement, reader& in) {
    switch (sent_[statement]) {
    case query::lock_counters: {
        const slot row = asked_row(scope_order_, in);
        scopes_.table().set_found(row, store::take_scope(in));
        return;
    }
    case query::lock_balances: {
        const slot row = asked_row(balance_order_, in);
        found_.balances.set_found(row, store::take_balance(in));
        return;
    }
    case query::lock_reservations: {
        in.number();
        tollgate::ledger::reservation row = store::take_hold(in);
        const request_id id = row.id;
        found_.reservations.emplace(id, std::move(row));
        return;
    }
    case query::read_endings: return take_ending(in);
    case query::clock: found_.now = in.time(); return;
    default: return take_movement_row(sent_[statement], in);
    }
}

void ledger::take_ending(reader& in) {
    const request_id id = in.id();
    tollgate::ledger::ended_row& row = found_.endings[id];
    row.how = store::take_ending(in).value_or(tollgate::ledger::ending::settled);
    row.charged = usd_nano(in.number());
    row.estimated = in.flag();
    row.tokens = in.number();
    row.counted = in.flag();
}

void ledger::take_movement_row(query which, reader& in) {
    if (which == query::read_grants) {
        tollgate::ledger::grant row = store::take_grant(in);
        const auto owner = found_.balances.find(row.tenant);
        if (owner && found_.balances.exists(*owner)) found_.balances.found(*owner).grants.push_back(std::move(row));
    } else if (which == query::read_refunds) {
        const auto owner = found_.balances.find(in.text());
        const usd_nano all(in.number()), freely(in.number());
        if (owner && found_.balances.exists(*owner)) found_.balances.found(*owner).refunded = {all, freely};
    } else if (which == query::read_movements) {
        const auto* key = asked_row(movement_order_, in);
        found_.movements[*key] = {in.id()};
    } else if (which == query::read_claims) {
        const auto* key = asked_row(claim_order_, in);
        found_.claims[*key] = store::take_claim(in);
    } else if (which == query::read_tokens) {
        const auto* key = asked_row(token_order_, in);
        found_.tokens[*key] = in.id();
    } else if (which == query::read_charges) {
        const auto* key = asked_row(charge_order_, in);
        const usd_nano charged(in.number()), refunded(in.number());
        found_.charges[*key] = {charged, refunded};
    }
}

void ledger::take_tables() {
    take_names(need_, found_);
    scopes_.name(found_.counters);
    scope_order_ = scopes_.table().in_order();
    balance_order_ = found_.balances.in_order();
}

bool ledger::complete(const snapshot& found) const {
    return missing_in(scopes_.table()) + missing_in(found.balances) == 0;
}

// Rows that do not exist cannot be locked: they are made before the next attempt reads, so that two processes which
// need the same new row wait for each other instead of both starting from zero.
void ledger::note_missing(const snapshot& found) {
    for (const slot i : scope_order_)
        if (!scopes_.table().exists(i)) store::put(out_.missing_scopes, scopes_.table().key(i));
    for (const slot i : balance_order_)
        if (!found.balances.exists(i)) out_.missing_balances.text(found.balances.key(i));
}

}
