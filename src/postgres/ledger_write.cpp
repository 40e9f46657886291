#include "ledger.hpp"

#include "dead_rows.hpp"
#include "key_statements.hpp"
#include "partitions.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/store/verify.hpp>

namespace tollgate::postgres {

namespace {

using tollgate::ledger::changes;
using tollgate::ledger::reservation;
using tollgate::ledger::slot;

constexpr std::int64_t partitions_every_us = 6 * 3'600'000'000;

store_error bug(std::string what) { return {store_fault::corrupt, std::move(what)}; }

}

ledger::buffers::buffers()
    : scope_keys(store::scope_key_columns), tenants(tenant_column), grant_tenants(tenant_column),
      refund_tenants(tenant_column), ids(request_key_columns), dated_ids(id_column),
      movement_keys(movement_key_columns), charge_keys(request_key_columns), missing_scopes(store::scope_key_columns),
      missing_balances(tenant_column), scopes(store::scope_columns), balances(store::balance_columns),
      grants(store::grant_columns), opened(store::reservation_columns), ended(request_key_columns),
      usage(store::usage_columns), corrected(store::usage_columns), refunds(refunded_column),
      entries(store::entry_columns), movements(movement_key_columns), claim_keys(claim_key_columns),
      token_keys(token_key_columns), replaced(store::reservation_columns), claims_made(store::claim_columns),
      claims_taken(store::claim_columns), answers(store::answer_columns), spent(token_key_columns),
      guarded_scopes(store::scope_columns), checked_scopes(store::scope_columns), new_scopes(store::scope_columns),
      guarded_balances(store::balance_columns), checked_balances(store::balance_columns),
      new_balances(store::balance_columns), guarded_ended(request_key_columns) {
    guarded_scopes.add_columns(store::scope_columns);
    for (arrays* each : {&guarded_scopes, &checked_scopes, &new_scopes}) each->add_columns(store::scope_key_columns);
    guarded_balances.add_columns(store::balance_columns);
    for (arrays* each : {&guarded_balances, &checked_balances, &new_balances}) each->add_columns(tenant_column);
    guarded_ended.add_columns(attempt_column);
    dated_ids.add_columns(month_column);
    charge_keys.add_columns(month_column);
    scopes.add_columns(store::scope_key_columns);
    balances.add_columns(tenant_column);
    usage.add_columns(month_column);
    corrected.add_columns(month_column);
    refunds.add_columns(request_key_columns);
    refunds.add_columns(month_column);
    movements.add_columns(transaction_column);
    claims_made.add_columns(claim_key_columns);
    claims_taken.add_columns(claim_key_columns);
    answers.add_columns(request_key_columns);
    spent.add_columns(spender_columns);
}

// ---- commit -----------------------------------------------------------------------------------------------------

// Only rows that this transaction locked may be written: they exist, and nobody else has changed them.
bool ledger::take_changes(const changes& write) {
    if (!scopes_.take(write.counters)) return false;
    for (slot i = 0; i < write.balances.size(); ++i)
        if (write.balances.changed(i) && !balance_memory_.placed(write.balances, i)) return false;
    return true;
}

store_result<void> ledger::commit(const changes& write) {
    TG_ASSERT(open_);
    connection* db = client_.live();
    if (!db) {
        open_ = guarded_ = false;
        forget();
        return std::unexpected(store_error{store_fault::unavailable, "the connection was lost"});
    }
    if (!take_changes(write)) {
        rollback();
        return std::unexpected(bug("a batch wrote a row that it had not asked for"));
    }
    if (guarded_) return commit_guarded(*db, write);
    sent_.clear();
    add_writes(*db, write);
    for (const store::audit_row& row : std::exchange(audits_, {})) add_audit(*db, row);
    queue(*db, query::commit);
    auto done = db->run();
    open_ = false;
    if (!done) {
        forget();
        rollback_after_failure(*db);
        return done;
    }
    scope_memory_.learn_written(scopes_.table(), true);
    balance_memory_.learn_written(write.balances, true);
    for (std::size_t i = 0; i < sent_.size(); ++i) {
        const auto rows = static_cast<std::size_t>(db->changed(i));
        if (sent_[i] == query::write_counters && rows != scopes_.table().changes())
            return std::unexpected(bug("a locked row of counters was not there to be written"));
        if (sent_[i] == query::write_balances && rows != write.balances.changes())
            return std::unexpected(bug("a locked balance was not there to be written"));
    }
    return {};
}

// Nothing is known any more.
void ledger::forget() {
    scope_memory_.clear();
    balance_memory_.clear();
}

void ledger::rollback() {
    if (!open_) return;
    open_ = false;
    if (std::exchange(guarded_, false)) return;
    if (connection* db = client_.live()) rollback_after_failure(*db);
}

// A transaction that failed stays open, and locked, until it is told to end.
void ledger::rollback_after_failure(connection& db) {
    if (db.broken()) return;
    db.add(name_of(query::rollback));
    if (const auto done = db.run(); !done) db.give_up();
}

void ledger::add_writes(connection& db, const changes& write) {
    out_.scopes.clear();
    scopes_.table().each_changed([this](const store::scope_key& key, const store::scope_row& row) {
        store::put(out_.scopes, row);
        store::put(out_.scopes, key);
    });
    send(db, query::write_counters, out_.scopes);
    add_balances(db, write);
    add_openings(db, write);
    out_.ended.clear();
    for (const reservation* hold : write.reservations_ended) out_.ended.text(hold->tenant).id(hold->id);
    send(db, query::end_reservations, out_.ended);
    add_usage(db, write);
    add_entries(db, write);
    add_repeats(db, write);
}

void ledger::add_openings(connection& db, const changes& write) {
    out_.opened.clear();
    for (const auto& row : write.reservations_opened) store::put(out_.opened, row);
    send(db, query::open_reservations, out_.opened);
    out_.replaced.clear();
    for (const auto& row : write.reservations_replaced) store::put(out_.replaced, row);
    send(db, query::replace_reservations, out_.replaced);
}

void ledger::add_balances(connection& db, const changes& write) {
    out_.balances.clear();
    out_.grants.clear();
    write.balances.each_changed([this](const tenant_id& tenant, const tollgate::ledger::balance_row& row) {
        store::put(out_.balances, row);
        out_.balances.text(tenant);
        for (const auto& each : row.grants) store::put(out_.grants, each);
    });
    send(db, query::write_balances, out_.balances);
    send(db, query::write_grants, out_.grants);
}

void ledger::add_usage(connection& db, const changes& write) {
    out_.usage.clear();
    for (const auto& row : write.usage) {
        store::put(out_.usage, row);
        out_.usage.day(month_of(row.row->id));
    }
    send(db, guarded_ ? query::add_new_usage : query::add_usage, out_.usage);
    out_.corrected.clear();
    for (const auto& row : write.usage_corrected) {
        store::put(out_.corrected, row);
        out_.corrected.day(month_of(row.row->id));
    }
    send(db, query::correct_usage, out_.corrected);
    out_.refunds.clear();
    for (const auto& each : write.refunds)
        out_.refunds.number(each.refunded.count()).text(each.tenant).id(each.id).day(month_of(each.id));
    send(db, query::refund_usage, out_.refunds);
}

void ledger::add_entries(connection& db, const changes& write) {
    out_.entries.clear();
    out_.movements.clear();
    for (const auto& row : write.entries) {
        store::put(out_.entries, row);
        if (!row.idempotency_key.empty()) out_.movements.text(row.tenant).text(row.idempotency_key).id(row.transaction);
    }
    send(db, query::add_entries, out_.entries);
    send(db, query::add_movements, out_.movements);
}

// In key order: two processes that insert the same keys wait for each other, and the later one finds them taken.
void ledger::add_repeats(connection& db, const changes& write) {
    out_.claims_made.clear();
    out_.claims_taken.clear();
    for (const auto& [key, each] : write.claims) {
        arrays& out = each.fresh ? out_.claims_made : out_.claims_taken;
        store::put(out, each.row);
        out.text(key.first).text(key.second);
    }
    send(db, query::make_claims, out_.claims_made);
    send(db, query::take_claims, out_.claims_taken);
    out_.answers.clear();
    for (const auto& each : write.answers) {
        store::put(out_.answers, each);
        out_.answers.text(each.tenant).id(each.id);
    }
    send(db, query::add_answers, out_.answers);
    out_.spent.clear();
    for (const auto& each : write.tokens) out_.spent.text(each.tenant).text(each.token).id(each.by).time(each.created);
    send(db, query::spend_tokens, out_.spent);
}

// ---- the sweeper's questions --------------------------------------------------------------------------------------

store_result<std::vector<reservation>> ledger::query_reservations(const std::string& rest, scalars& values) {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    std::vector<reservation> rows;
    (*db)->query("SELECT " + store::column_names(store::reservation_columns) + " FROM reservations " + rest,
                 values.finish());
    if (auto done = (*db)->run([&](std::size_t, reader& in) { rows.push_back(store::take_reservation(in)); }); !done)
        return std::unexpected(done.error());
    return rows;
}

store_result<std::vector<reservation>> ledger::expired(std::size_t count) {
    scalars values;
    values.number(static_cast<std::int64_t>(count));
    return query_reservations("WHERE expires <= clock_timestamp() ORDER BY expires LIMIT $1::bigint", values);
}

store_result<std::vector<reservation>> ledger::held_by(const std::string& node, std::size_t count) {
    scalars values;
    values.text(node).number(static_cast<std::int64_t>(count));
    return query_reservations("WHERE node = $1 ORDER BY created LIMIT $2::bigint", values);
}

store_result<std::vector<tenant_id>> ledger::tenants_with_expired_grants(std::size_t count) {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    scalars values;
    values.number(static_cast<std::int64_t>(count));
    std::vector<tenant_id> tenants;
    (*db)->query("SELECT tenant FROM balances WHERE next_expiry_s <= extract(epoch FROM clock_timestamp())::bigint "
                 "ORDER BY next_expiry_s LIMIT $1::bigint",
                 values.finish());
    if (auto done = (*db)->run([&](std::size_t, reader& in) { tenants.push_back(in.text()); }); !done)
        return std::unexpected(done.error());
    return tenants;
}

// Looks at a bounded stretch of counters per call, from where the last one stopped: a whole scan would hold up the
// batches that share this connection.
store_result<std::size_t> ledger::prune_counters(std::size_t count) {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    if (auto done = know_clock(**db); !done) return std::unexpected(done.error());
    const instant now = estimate();
    if (now.us >= partitions_due_us_) {
        if (auto done = keep_partitions(**db); !done) return std::unexpected(done.error());
        partitions_due_us_ = now.us + partitions_every_us;
    }
    if (auto done = free_dead_reservations(**db); !done) return std::unexpected(done.error());
    scalars from;
    from.text(pruned_to_.tenant).text(pruned_to_.scope).number(limits::prune_scan_rows_max);
    (*db)->query("SELECT tenant, scope, windows FROM counters WHERE (tenant, scope) > ($1, $2) "
                 "ORDER BY tenant, scope LIMIT $3::bigint",
                 from.finish());
    std::int64_t scanned = 0;
    arrays over(store::scope_key_columns);
    over.add_columns(store::scope_columns);
    auto done = (*db)->run([&](std::size_t, reader& in) {
        if (over.rows() == count) return;
        ++scanned;
        pruned_to_ = {in.text(), in.text()};
        const auto windows = store::take_windows(in);
        if (!store::is_over(windows, now)) return;
        scope_memory_.forget(pruned_to_);
        store::put(over, pruned_to_);
        store::put(over, store::scope_row{store::pack_windows(windows)});
    });
    if (!done) return std::unexpected(done.error());
    if (scanned < limits::prune_scan_rows_max && over.rows() < count) pruned_to_ = {};
    if (over.empty()) return 0;
    // A row that was written meanwhile has other windows, and one that is being written is left alone.
    (*db)->query("DELETE FROM counters AS t USING (SELECT c.tenant, c.scope FROM "
                 "unnest($1::text[], $2::text[], $3::text[]) AS k(tenant, scope, windows) "
                 "JOIN counters AS c ON c.tenant = k.tenant AND c.scope = k.scope AND c.windows = k.windows "
                 "FOR UPDATE OF c SKIP LOCKED) AS d WHERE t.tenant = d.tenant AND t.scope = d.scope",
                 over.finish());
    if (auto deleted = (*db)->run(); !deleted) return std::unexpected(deleted.error());
    return static_cast<std::size_t>((*db)->changed(0));
}

store_result<std::size_t> ledger::prune_repeats(std::size_t count) {
    struct old_rows {
        const char *table, *key;
        std::int64_t kept_s;
    };
    static constexpr old_rows all[] = {{"claims", "key", limits::idempotency_kept_s},
                                       {"answers", "request_id", limits::idempotency_kept_s},
                                       {"spent_tokens", "token", limits::confirmation_kept_s}};
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    for (const old_rows& each : all) {
        scalars values;
        values.number(each.kept_s).number(static_cast<std::int64_t>(count));
        const std::string table(each.table), key(each.key);
        (*db)->query("WITH old AS (SELECT tenant, " + key + " FROM " + table +
                         " WHERE created <= clock_timestamp() - $1::bigint * interval '1 second' "
                         "ORDER BY created LIMIT $2::bigint FOR UPDATE SKIP LOCKED) DELETE FROM " +
                         table + " AS t USING old WHERE t.tenant = old.tenant AND t." + key + " = old." + key,
                     values.finish());
    }
    if (auto done = (*db)->run(); !done) return std::unexpected(done.error());
    std::int64_t removed = 0;
    for (std::size_t i = 0; i < std::size(all); ++i) removed += (*db)->changed(i);
    return static_cast<std::size_t>(removed);
}

}
