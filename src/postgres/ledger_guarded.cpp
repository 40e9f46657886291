// Batches on remembered rows: one round trip, in which every row must still be what it was remembered to be. A guard
// divides by zero when one is not, which undoes the transaction; the batch then runs again with rows locked and read.

#include "ledger.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <bit>

namespace tollgate::postgres {

namespace {

using tollgate::ledger::changes;
using tollgate::ledger::counter_key;
using tollgate::ledger::snapshot;
using tollgate::ledger::wanted;

constexpr std::int64_t second_us = 1'000'000, minute_us = 60 * second_us;

void put_key(arrays& out, const counter_key& key) {
    out.text(key.tenant).text(key.scope).number(static_cast<int>(key.span)).number(key.start_s);
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
    assumed_attempts_.clear();
    for (const tollgate::ledger::reservation* hold : need_.assumed) {
        assumed_attempts_[hold->id] = hold->attempt;
        tollgate::ledger::reservation& open = found_.reservations[hold->id];
        open.id = hold->id;
        open.tenant = hold->tenant;
        open.amount = hold->amount;
        open.input_amount = hold->input_amount;
        open.tokens = hold->tokens;
        open.counters = hold->counters;
        open.prepaid = hold->prepaid;
        open.on_unknown = hold->on_unknown;
        open.created = hold->created;
        open.expires = hold->expires;
        open.attempt = hold->attempt;
        open.node = hold->node;
    }
    return std::move(found_);
}

// Fills found_ from memory; what is not there is read first, unlocked.
store_result<void> ledger::recall(connection& db) {
    memory_.make_room();
    if (auto done = read_unknown(db); !done) return done;
    auto counter = remembered_counters_.begin();
    for (const counter_key& key : need_.counters) {
        const memory::counter* at = *counter++;
        if (at->exists) found_.counters.emplace_hint(found_.counters.end(), key, at->row);
    }
    auto balance = remembered_balances_.begin();
    for (const tenant_id& tenant : need_.balances) {
        const memory::balance* at = *balance++;
        if (at->exists) found_.balances.emplace_hint(found_.balances.end(), tenant, at->row);
    }
    return {};
}

store_result<void> ledger::read_unknown(connection& db) {
    std::vector<memory::counter*> counters;
    std::vector<memory::balance*> balances;
    remembered_counters_.clear();
    remembered_balances_.clear();
    out_.counter_keys.clear();
    out_.tenants.clear();
    for (const counter_key& key : need_.counters) {
        memory::counter* at = memory_.find(key);
        if (!at) {
            counters.push_back(at = memory_.add(key));
            put_key(out_.counter_keys, key);
        }
        remembered_counters_.push_back(at);
    }
    for (const tenant_id& tenant : need_.balances) {
        memory::balance* at = memory_.find(tenant);
        if (!at) {
            balances.push_back(at = memory_.add(tenant));
            out_.tenants.text(tenant);
        }
        remembered_balances_.push_back(at);
    }
    if (counters.empty() && balances.empty()) return {};
    sent_.clear();
    send(db, query::read_counters, out_.counter_keys);
    send(db, query::read_balances, out_.tenants);
    const auto done = db.run([&](std::size_t i, reader& in) {
        const auto at = static_cast<std::size_t>(in.number()) - 1;
        if (sent_[i] == query::read_counters)
            *counters.at(at) = {true, store::take_counter(in)};
        else
            *balances.at(at) = {true, store::take_balance(in)};
    });
    if (!done) memory_.forget(need_);
    return done;
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

// In the order of locks; what was only read is compared, what did not exist is made.
void ledger::add_counter_guards(connection& db, const changes& write) {
    out_.guarded_counters.clear();
    out_.checked_counters.clear();
    out_.new_counters.clear();
    auto now = write.counters.begin(); // in the same order
    auto remembered = remembered_counters_.begin();
    for (const counter_key& key : need_.counters) {
        const memory::counter* was = *remembered++;
        if (now == write.counters.end() || now->first != key) {
            store::put(out_.checked_counters, was->row);
            put_key(out_.checked_counters, key);
            continue;
        }
        arrays& out = was->exists ? out_.guarded_counters : out_.new_counters;
        store::put(out, now->second);
        if (was->exists) store::put(out, was->row);
        put_key(out, key);
        ++now;
    }
    send_guarded(db, query::guard_counters, out_.guarded_counters);
    send(db, query::new_counters, out_.new_counters);
    send_guarded(db, query::check_counters, out_.checked_counters);
}

void ledger::add_balance_guards(connection& db, const changes& write) {
    out_.guarded_balances.clear();
    out_.checked_balances.clear();
    out_.new_balances.clear();
    auto now = write.balances.begin();
    auto remembered = remembered_balances_.begin();
    for (const tenant_id& tenant : need_.balances) {
        const memory::balance* was = *remembered++;
        if (now == write.balances.end() || now->first != tenant) {
            store::put(out_.checked_balances, was->row);
            out_.checked_balances.text(tenant);
            continue;
        }
        arrays& out = was->exists ? out_.guarded_balances : out_.new_balances;
        store::put(out, now->second);
        if (was->exists) store::put(out, was->row);
        out.text(tenant);
        ++now;
    }
    send_guarded(db, query::guard_balances, out_.guarded_balances);
    send(db, query::new_balances, out_.new_balances);
    send_guarded(db, query::check_balances, out_.checked_balances);
}

void ledger::add_ending_guards(connection& db, const changes& write) {
    out_.guarded_ended.clear();
    for (const auto& [tenant, id] : write.reservations_ended) {
        const auto attempt = assumed_attempts_.find(id);
        out_.guarded_ended.text(tenant).id(id).number(attempt == assumed_attempts_.end() ? 0 : attempt->second);
    }
    send_guarded(db, query::guard_endings, out_.guarded_ended);
}

void ledger::learn_written(const changes& write) {
    auto now = write.counters.begin();
    auto remembered = remembered_counters_.begin();
    for (const counter_key& key : need_.counters) {
        memory::counter* at = *remembered++;
        if (now == write.counters.end() || now->first != key) continue;
        *at = {true, now->second};
        ++now;
    }
    for (const auto& [tenant, row] : write.balances) *memory_.add(tenant) = {true, row};
}

store_result<void> ledger::commit_guarded(connection& db, const changes& write) {
    sent_.clear();
    guard_counts_.clear();
    if (!write.empty()) queue(db, query::begin);
    add_clock_guard(db);
    add_counter_guards(db, write);
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
        learn_written(write);
        penalty_ /= 2;
        return done;
    }
    memory_.forget(need_);
    // Another process writes the same rows: locks are cheaper than guesses for a while.
    penalty_ = std::min(penalty_ * 2 + 1, limits::ledger_careful_batches_max);
    careful_batches_ = penalty_;
    rollback_after_failure(db);
    return done;
}

}
