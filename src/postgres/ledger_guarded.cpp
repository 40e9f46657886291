// Batches on remembered rows: one round trip, in which every row must still be what it was remembered to be. A guard
// divides by zero when one is not, which undoes the transaction; the batch then runs again with rows locked and read.

#include "ledger.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <bit>
#include <type_traits>

namespace tollgate::postgres {

namespace {

using tollgate::ledger::changes;
using tollgate::ledger::slot;
using tollgate::ledger::snapshot;
using tollgate::ledger::wanted;

constexpr std::int64_t second_us = 1'000'000, minute_us = 60 * second_us;

struct guard_arrays {
    arrays &only_read, &changed, &made;
};

// In the order of locks; what was only read is compared, what did not exist is made.
template <class Rows, class Memory, class PutKey>
void put_guards(const Rows& rows, const std::vector<slot>& order, const Memory& memory, guard_arrays into,
                PutKey put_key_of) {
    for (arrays* each : {&into.only_read, &into.changed, &into.made}) each->clear();
    for (const slot i : order) {
        const auto* was = memory.was(i);
        const bool changed = rows.changed(i);
        arrays& out = !changed ? into.only_read : was ? into.changed : into.made;
        if (changed) store::put(out, rows.row(i));
        if (was) store::put(out, *was);
        if (!was && !changed) store::put(out, std::remove_cvref_t<decltype(rows.row(i))>());
        put_key_of(out, rows.key(i));
    }
}

}

bool ledger::takes_assumptions() const { return careful_batches_ == 0; }

// No transaction is open afterwards: nothing is locked while the batch is judged.
store_result<snapshot> ledger::begin_guarded(connection& db, instant guess) {
    guarded_ = open_ = true;
    found_ = {};
    found_.now = guess;
    if (auto done = recall(db); !done) {
        guarded_ = open_ = false;
        return std::unexpected(done.error());
    }
    return std::move(found_);
}

// Fills found_ from memory; what is not there is read first, unlocked.
store_result<void> ledger::recall(connection& db) {
    take_tables();
    const std::vector<slot> scopes = scope_memory_.recall(scopes_.table());
    const std::vector<slot> balances = balance_memory_.recall(found_.balances);
    if (auto done = read_unknown(db, scopes, balances); !done) return done;
    return scopes_.read_into(found_.counters);
}

store_result<void> ledger::read_unknown(connection& db, const std::vector<slot>& scopes,
                                        const std::vector<slot>& balances) {
    if (scopes.empty() && balances.empty()) return {};
    store::scope_table& rows = scopes_.table();
    out_.scope_keys.clear();
    out_.tenants.clear();
    for (const slot i : scopes) store::put(out_.scope_keys, rows.key(i));
    for (const slot i : balances) out_.tenants.text(found_.balances.key(i));
    sent_.clear();
    send(db, query::read_counters, out_.scope_keys);
    send(db, query::read_balances, out_.tenants);
    auto done = db.run([&](std::size_t i, reader& in) {
        const auto at = static_cast<std::size_t>(in.number()) - 1;
        if (sent_[i] == query::read_counters)
            rows.set_found(scopes.at(at), store::take_scope(in));
        else
            found_.balances.set_found(balances.at(at), store::take_balance(in));
    });
    if (!done) return done;
    for (const slot i : scopes) scope_memory_.learn(i, rows.exists(i) ? &rows.row(i) : nullptr);
    for (const slot i : balances)
        balance_memory_.learn(i, found_.balances.exists(i) ? &found_.balances.row(i) : nullptr);
    return {};
}

// The windows of the batch were found by an estimate of the store's clock. It is right within the minute that the store
// is in: windows start on whole minutes.
void ledger::add_clock_guard(connection& db) {
    const std::int64_t minute = guess_.us / minute_us * minute_us;
    scalars range;
    range.time({std::max(minute, guess_.us - second_us)});
    range.time({std::min(minute + minute_us, guess_.us + limits::store_lock_ms_max * 1000)});
    db.add(name_of(query::guard_clock), range.finish());
    sent_.push_back(query::guard_clock);
}

void ledger::send_guarded(connection& db, query which, arrays& rows) {
    if (rows.empty()) return;
    const parameters& values = rows.finish();
    guard_values_ = values;
    const std::uint64_t wire = std::byteswap(static_cast<std::uint64_t>(rows.rows()));
    guard_counts_.push_back(std::make_unique<std::array<char, 8>>(std::bit_cast<std::array<char, 8>>(wire)));
    guard_values_.values.push_back(guard_counts_.back()->data());
    guard_values_.lengths.push_back(8);
    guard_values_.formats.push_back(1);
    db.add(name_of(which), guard_values_);
    sent_.push_back(which);
}

void ledger::add_scope_guards(connection& db) {
    put_guards(scopes_.table(), scope_order_, scope_memory_,
               {out_.checked_scopes, out_.guarded_scopes, out_.new_scopes},
               [](arrays& out, const store::scope_key& key) { store::put(out, key); });
    send_guarded(db, query::guard_counters, out_.guarded_scopes);
    send(db, query::new_counters, out_.new_scopes);
    send_guarded(db, query::check_counters, out_.checked_scopes);
}

void ledger::add_balance_guards(connection& db, const changes& write) {
    put_guards(write.balances, balance_order_, balance_memory_,
               {out_.checked_balances, out_.guarded_balances, out_.new_balances},
               [](arrays& out, const tenant_id& tenant) { out.text(tenant); });
    send_guarded(db, query::guard_balances, out_.guarded_balances);
    send(db, query::new_balances, out_.new_balances);
    send_guarded(db, query::check_balances, out_.checked_balances);
}

void ledger::add_ending_guards(connection& db, const changes& write) {
    out_.guarded_ended.clear();
    for (const tollgate::ledger::reservation* hold : write.reservations_ended)
        out_.guarded_ended.text(hold->tenant).id(hold->id).number(hold->attempt);
    send_guarded(db, query::guard_endings, out_.guarded_ended);
}

store_result<void> ledger::commit_guarded(connection& db, const changes& write) {
    TG_ASSERT(write.balances.size() == balance_order_.size());
    sent_.clear();
    guard_counts_.clear();
    if (!write.empty()) queue(db, query::begin);
    add_clock_guard(db);
    add_scope_guards(db);
    add_balance_guards(db, write);
    add_openings(db, write);
    add_ending_guards(db, write);
    add_usage(db, write);
    add_entries(db, write);
    if (!write.empty()) queue(db, query::commit);
    auto done = db.run([this](std::size_t i, reader& in) {
        if (sent_[i] == query::guard_clock) learn(in.time());
    });
    guarded_ = open_ = false;
    if (done) {
        scope_memory_.learn_written(scopes_.table(), false);
        balance_memory_.learn_written(write.balances, false);
        penalty_ /= 2;
        return done;
    }
    scope_memory_.forget(scopes_.table());
    balance_memory_.forget(write.balances);
    // Another process writes the same rows: locks are cheaper than guesses for a while.
    penalty_ = std::min(penalty_ * 2 + 1, limits::ledger_careful_batches_max);
    careful_batches_ = penalty_;
    rollback_after_failure(db);
    return done;
}

}
