#include "statements.hpp"

#include "sql_parts.hpp"

#include <tollgate/core/assert.hpp>

#include <initializer_list>

namespace tollgate::postgres {

namespace {

using store::column;
using store::column_type;
using columns = std::vector<column>;

columns joined(std::initializer_list<std::span<const column>> parts) {
    columns all;
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

std::string insert(std::string_view table, const columns& of, std::string_view rest = {}) {
    return "INSERT INTO " + std::string(table) + " (" + store::column_names(of) + ") SELECT k.* FROM " + batch(of) +
           " " + std::string(rest);
}

// Values stand first in the batch, then the key.
std::string update(std::string_view table, std::span<const column> values, std::span<const column> key) {
    return "UPDATE " + std::string(table) + " AS t SET " + assign(values, "k") + " FROM " +
           batch(joined({values, key})) + " WHERE " + same("t", key);
}

std::string locked(std::string_view table, std::span<const column> key, std::span<const column> values) {
    return "SELECT k.i, " + store::column_names(values, "t.") + " FROM " + ordered_batch(joined({key})) + " JOIN " +
           std::string(table) + " AS t ON " + same("t", key) + " ORDER BY k.i FOR UPDATE OF t";
}

std::vector<statement> reading() {
    const columns dated_id = joined({id_column, month_column});
    const columns dated_key = joined({request_key_columns, month_column});
    return {
        {query::begin, "BEGIN ISOLATION LEVEL READ COMMITTED"},
        {query::commit, "COMMIT"},
        {query::rollback, "ROLLBACK"},
        {query::clock, "SELECT clock_timestamp()"},
        {query::lock_counters, locked("counters", store::scope_key_columns, store::scope_columns)},
        {query::lock_balances, locked("balances", tenant_column, store::balance_columns)},
        {query::lock_reservations, locked("reservations", request_key_columns, store::hold_columns)},
        {query::read_grants, "SELECT " + store::column_names(store::grant_columns, "t.") + " FROM " +
                                 batch(joined({tenant_column})) +
                                 " JOIN grants AS t ON t.tenant = k.tenant WHERE t.remaining > 0 "
                                 "ORDER BY t.tenant, t.transaction_id"},
        {query::read_refunds,
         "SELECT t.tenant, sum(t.amount)::bigint, coalesce(sum(t.amount) FILTER (WHERE e.reverses IS NULL), 0)::bigint "
         "FROM " +
             batch(joined({tenant_column})) +
             " JOIN grants AS t ON t.tenant = k.tenant AND t.funding = 'refund' JOIN entries AS e ON "
             "e.tenant = t.tenant AND e.transaction_id = t.transaction_id AND e.leg = 0 GROUP BY t.tenant"},
        {query::read_endings, "SELECT t.request_id, t.ended, t.charged, t.provisional, t.tokens, t.counted FROM " +
                                  batch(dated_id) + " JOIN usage_events AS t ON " + same("t", dated_id) +
                                  " WHERE t.ended IS NOT NULL"},
        {query::read_movements, "SELECT k.i, t.transaction_id FROM " + ordered_batch(joined({movement_key_columns})) +
                                    " JOIN movements AS t ON " + same("t", movement_key_columns)},
        {query::read_charges, "SELECT k.i, t.charged, t.refunded FROM " + ordered_batch(dated_key) +
                                  " JOIN usage_events AS t ON " + same("t", dated_key)},
        {query::make_counters, insert("counters", joined({store::scope_key_columns}), "ON CONFLICT DO NOTHING")},
        {query::make_balances, insert("balances", joined({tenant_column}), "ON CONFLICT DO NOTHING")},
    };
}

std::vector<statement> writing() {
    const columns usage_key = joined({request_key_columns, month_column});
    const std::span<const column> usage_values = std::span(store::usage_columns).subspan(request_key_columns.size());
    const columns usage = joined({store::usage_columns, month_column});
    return {
        {query::write_counters, update("counters", store::scope_columns, store::scope_key_columns)},
        {query::write_balances, update("balances", store::balance_columns, tenant_column)},
        {query::write_grants, insert("grants", joined({store::grant_columns}),
                                     "ON CONFLICT (tenant, transaction_id) DO UPDATE SET " +
                                         assign(std::span(store::grant_columns).subspan(2), "excluded"))},
        {query::open_reservations, insert("reservations", joined({store::reservation_columns}))},
        {query::end_reservations, "DELETE FROM reservations AS t USING " + batch(joined({request_key_columns})) +
                                      " WHERE " + same("t", request_key_columns)},
        {query::add_usage, insert("usage_events", usage, "ON CONFLICT DO NOTHING")},
        {query::correct_usage, "UPDATE usage_events AS t SET " + assign(usage_values, "k") + " FROM " + batch(usage) +
                                   " WHERE " + same("t", usage_key)},
        {query::refund_usage,
         "UPDATE usage_events AS t SET refunded = k.refunded, settlement_status = 'refunded' FROM " +
             batch(joined({refunded_column, usage_key})) + " WHERE " + same("t", usage_key)},
        {query::add_entries, insert("entries", joined({store::entry_columns}))},
        {query::add_movements, insert("movements", joined({movement_key_columns, transaction_column}))},
    };
}

// A claim is locked by one statement and read by the next: what is read beside it must be as new as the lock.
std::vector<statement> repeats() {
    const columns reservation = joined({store::reservation_columns});
    const std::span<const column> hold_values =
        std::span(store::reservation_columns).subspan(request_key_columns.size());
    const std::string of_holder = " AS h WHERE h.tenant = t.tenant AND h.request_id = t.holder)";
    return {
        {query::lock_claims, locked("claims", claim_key_columns, std::span(store::claim_columns).first(1))},
        {query::read_claims, "SELECT k.i, " + store::column_names(store::claim_columns, "t.") +
                                 ", EXISTS (SELECT FROM reservations" + of_holder + ", EXISTS (SELECT FROM answers" +
                                 of_holder + " FROM " + ordered_batch(joined({claim_key_columns})) +
                                 " JOIN claims AS t ON " + same("t", claim_key_columns)},
        {query::read_tokens, "SELECT k.i, t.request_id FROM " + ordered_batch(joined({token_key_columns})) +
                                 " JOIN spent_tokens AS t ON " + same("t", token_key_columns)},
        {query::replace_reservations, "UPDATE reservations AS t SET " + assign(hold_values, "k") + " FROM " +
                                          batch(reservation) + " WHERE " + same("t", request_key_columns)},
        {query::make_claims, insert("claims", joined({store::claim_columns, claim_key_columns}))},
        {query::take_claims, update("claims", store::claim_columns, claim_key_columns)},
        {query::add_answers,
         insert("answers", joined({store::answer_columns, request_key_columns}), "ON CONFLICT DO NOTHING")},
        {query::spend_tokens, insert("spent_tokens", joined({token_key_columns, spender_columns}))},
    };
}

// ---- batches on remembered rows: see ledger_guarded.cpp ----

std::string guard(std::string_view counted, std::size_t parameter) {
    return "SELECT 1 / (count(*) = $" + std::to_string(parameter) + "::bigint)::int FROM " + std::string(counted);
}

std::vector<column> named_before(std::span<const column> columns, std::span<std::string> names) {
    std::vector<column> out;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        names[i] = "was_" + std::string(columns[i].name);
        out.push_back({names[i], columns[i].type});
    }
    return out;
}

std::string unchanged(std::span<const column> columns) {
    std::string sql;
    for (const column& each : columns)
        sql += " AND t." + std::string(each.name) + " IS NOT DISTINCT FROM k.was_" + std::string(each.name);
    return sql;
}

// New values, values as remembered, key.
std::string guarded_update(std::string_view table, std::span<const column> values, std::span<const column> key) {
    std::vector<std::string> names(values.size());
    const columns before = named_before(values, names);
    const columns all = joined({values, before, key});
    return "WITH done AS (UPDATE " + std::string(table) + " AS t SET " + assign(values, "k") + " FROM " + batch(all) +
           " WHERE " + same("t", key) + unchanged(values) + " RETURNING 1) " + guard("done", all.size() + 1);
}

// What a column of a row that is not there counts as.
std::string_view nothing(column_type type) { return type == column_type::text ? "''" : "0"; }

// Values as remembered, key. A row that was remembered as absent counts as one with nothing in it.
std::string check(std::string_view table, std::span<const column> values, std::span<const column> key) {
    std::vector<std::string> names(values.size());
    const columns before = named_before(values, names);
    const columns all = joined({before, key});
    std::string equal;
    for (const column& each : values) {
        const std::string name(each.name), zero(nothing(each.type));
        equal += (equal.empty() ? "coalesce(t." : " AND coalesce(t.") + name + ", " + zero + ") = coalesce(k.was_" +
                 name + ", " + zero + ")";
    }
    return guard(batch(all) + " LEFT JOIN " + std::string(table) + " AS t ON " + same("t", key) + " WHERE " + equal,
                 all.size() + 1);
}

std::string read(std::string_view table, std::span<const column> key, std::span<const column> values) {
    return "SELECT k.i, " + store::column_names(values, "t.") + " FROM " + ordered_batch(joined({key})) + " JOIN " +
           std::string(table) + " AS t ON " + same("t", key);
}

std::vector<statement> guarded() {
    const columns endings = joined({request_key_columns, attempt_column});
    const columns usage = joined({store::usage_columns, month_column});
    return {
        {query::guard_clock, "SELECT clock_timestamp(), 1 / (clock_timestamp() >= $1::timestamptz AND "
                             "clock_timestamp() < $2::timestamptz)::int"},
        {query::read_counters, read("counters", store::scope_key_columns, store::scope_columns)},
        {query::read_balances, read("balances", tenant_column, store::balance_columns)},
        {query::guard_counters, guarded_update("counters", store::scope_columns, store::scope_key_columns)},
        {query::check_counters, check("counters", store::scope_columns, store::scope_key_columns)},
        {query::new_counters, insert("counters", joined({store::scope_columns, store::scope_key_columns}))},
        {query::guard_balances, guarded_update("balances", store::balance_columns, tenant_column)},
        {query::check_balances, check("balances", store::balance_columns, tenant_column)},
        {query::new_balances, insert("balances", joined({store::balance_columns, tenant_column}))},
        {query::guard_endings, "WITH done AS (DELETE FROM reservations AS t USING " + batch(endings) + " WHERE " +
                                   same("t", endings) + " RETURNING 1) " + guard("done", endings.size() + 1)},
        {query::add_new_usage, insert("usage_events", usage)},
    };
}

}

const char* name_of(query which) {
    using enum query;
    switch (which) {
    case begin: return "begin";
    case commit: return "commit";
    case rollback: return "rollback";
    case clock: return "clock";
    case lock_counters: return "lock_counters";
    case lock_balances: return "lock_balances";
    case lock_reservations: return "lock_reservations";
    case read_grants: return "read_grants";
    case read_refunds: return "read_refunds";
    case read_endings: return "read_endings";
    case read_movements: return "read_movements";
    case read_charges: return "read_charges";
    case make_counters: return "make_counters";
    case make_balances: return "make_balances";
    case write_counters: return "write_counters";
    case write_balances: return "write_balances";
    case write_grants: return "write_grants";
    case open_reservations: return "open_reservations";
    case end_reservations: return "end_reservations";
    case add_usage: return "add_usage";
    case correct_usage: return "correct_usage";
    case refund_usage: return "refund_usage";
    case add_entries: return "add_entries";
    case add_movements: return "add_movements";
    case lock_claims: return "lock_claims";
    case read_claims: return "read_claims";
    case read_tokens: return "read_tokens";
    case replace_reservations: return "replace_reservations";
    case make_claims: return "make_claims";
    case take_claims: return "take_claims";
    case add_answers: return "add_answers";
    case spend_tokens: return "spend_tokens";
    case guard_clock: return "guard_clock";
    case read_counters: return "read_counters";
    case read_balances: return "read_balances";
    case guard_counters: return "guard_counters";
    case check_counters: return "check_counters";
    case new_counters: return "new_counters";
    case guard_balances: return "guard_balances";
    case check_balances: return "check_balances";
    case new_balances: return "new_balances";
    case guard_endings: return "guard_endings";
    case add_new_usage: return "add_new_usage";
    }
    TG_ASSERT(false);
}

std::vector<statement> ledger_statements() {
    std::vector<statement> all = reading();
    for (statement& each : writing()) all.push_back(std::move(each));
    for (statement& each : repeats()) all.push_back(std::move(each));
    for (statement& each : guarded()) all.push_back(std::move(each));
    return all;
}

}
