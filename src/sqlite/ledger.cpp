#include "ledger.hpp"

#include "admin.hpp"
#include "statements.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/store/verify.hpp>

#include <chrono>

namespace tollgate::sqlite {

namespace {

using tollgate::ledger::reservation;
using tollgate::ledger::slot;
using tollgate::ledger::snapshot;
using tollgate::ledger::wanted;

// ---- reading what a batch wants ----

void read_ending(session& db, const tenant_id& tenant, request_id id, snapshot& found) {
    db.prepare("SELECT ended, charged, provisional, tokens, counted FROM usage_events "
               "WHERE tenant = ? AND request_id = ? AND ended IS NOT NULL")
        .text(tenant)
        .id(id);
    db.each([&](reader& in) {
        tollgate::ledger::ended_row row;
        row.how = store::take_ending(in).value_or(tollgate::ledger::ending::settled);
        row.charged = usd_nano(in.number());
        row.estimated = in.flag();
        row.tokens = in.number();
        row.counted = in.flag();
        found.endings[id] = row;
    });
}

void read_reservations(session& db, const wanted& rows, snapshot& found) {
    static const std::string sql =
        select_from("reservations", store::hold_columns, "WHERE tenant = ? AND request_id = ?");
    for (const auto& [id, tenant] : rows.reservations) {
        db.prepare(sql).text(tenant).id(id);
        bool open = false;
        db.each([&](reader& in) {
            found.reservations[id] = store::take_hold(in);
            open = true;
        });
        if (!open) read_ending(db, tenant, id, found);
    }
}

void read_movements(session& db, const wanted& rows, snapshot& found) {
    for (const auto& key : rows.movements) {
        db.prepare("SELECT transaction_id FROM movements WHERE tenant = ? AND idempotency_key = ?")
            .text(key.first)
            .text(key.second);
        db.each([&](reader& in) { found.movements[key] = {in.id()}; });
    }
    for (const auto& key : rows.charges) {
        db.prepare("SELECT charged, refunded FROM usage_events WHERE tenant = ? AND request_id = ?")
            .text(key.first)
            .id(key.second);
        db.each([&](reader& in) {
            const usd_nano charged(in.number()), refunded(in.number());
            found.charges[key] = {charged, refunded};
        });
    }
}

void read_repeats(session& db, const wanted& rows, snapshot& found) {
    static const std::string sql =
        "SELECT " + store::column_names(store::claim_columns) +
        ", EXISTS (SELECT 1 FROM reservations AS r WHERE r.tenant = c.tenant AND r.request_id = c.holder)"
        ", EXISTS (SELECT 1 FROM answers AS a WHERE a.tenant = c.tenant AND a.request_id = c.holder)"
        " FROM claims AS c WHERE tenant = ? AND key = ?";
    for (const auto& key : rows.claims) {
        db.prepare(sql).text(key.first).text(key.second);
        db.each([&](reader& in) { found.claims[key] = store::take_claim(in); });
    }
    for (const auto& key : rows.tokens) {
        db.prepare("SELECT request_id FROM spent_tokens WHERE tenant = ? AND token = ?")
            .text(key.first)
            .text(key.second);
        db.each([&](reader& in) { found.tokens[key] = in.id(); });
    }
}

store_result<std::vector<reservation>> read_all(session& db) {
    std::vector<reservation> rows;
    db.each([&](reader& in) { rows.push_back(store::take_reservation(in)); });
    if (auto done = db.take_fault(); !done) return std::unexpected(done.error());
    return rows;
}

}

instant clock_now() {
    using namespace std::chrono;
    return {duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

void read_scope(session& db, store::scope_table& scopes, slot row) {
    const store::scope_key& key = scopes.key(row);
    db.prepare("SELECT windows FROM counters WHERE tenant = ? AND scope = ?").text(key.tenant).text(key.scope);
    db.each([&](reader& in) { scopes.set_found(row, store::take_scope(in)); });
}

store_result<snapshot> ledger::begin(const std::function<wanted(instant now)>& rows) {
    session& db = *db_;
    db.begin_immediate();
    snapshot found;
    if (db.ok()) {
        notice_others();
        found.now = now_ = clock_now();
        wanted need = rows(found.now);
        assumes_ = need.assumes;
        read_reservations(db, need, found);
        tollgate::ledger::want_found_holds(found, need);
        take_names(need, found);
        read_counters(found);
        read_balances(need, found);
        read_movements(db, need, found);
        read_repeats(db, need, found);
    }
    if (auto done = db.take_fault(); !done) {
        db.rollback();
        return std::unexpected(done.error());
    }
    return found;
}

void ledger::notice_others() {
    std::int64_t version = 0;
    db_->prepare("PRAGMA data_version");
    db_->each([&](reader& in) { version = in.number(); });
    if (std::exchange(data_version_, version) != version) forget();
}

void ledger::forget() {
    scope_memory_.clear();
    balance_memory_.clear();
}

void ledger::read_counters(snapshot& found) {
    scopes_.name(found.counters);
    store::scope_table& rows = scopes_.table();
    for (const slot i : scope_memory_.recall(rows)) {
        read_scope(*db_, rows, i);
        if (db_->ok()) scope_memory_.learn(i, rows.exists(i) ? &rows.row(i) : nullptr);
    }
    if (auto done = scopes_.read_into(found.counters); !done) db_->fail(done.error().fault, done.error().detail);
}

void ledger::read_balances(const wanted& need, snapshot& found) {
    static const std::string one = select_from("balances", store::balance_columns, "WHERE tenant = ?");
    static const std::string grants =
        select_from("grants", store::grant_columns, "WHERE tenant = ? AND remaining > 0 ORDER BY transaction_id");
    for (const slot i : balance_memory_.recall(found.balances)) {
        db_->prepare(one).text(found.balances.key(i));
        db_->each([&](reader& in) { found.balances.set_found(i, store::take_balance(in)); });
        if (db_->ok()) balance_memory_.learn(i, found.balances.exists(i) ? &found.balances.row(i) : nullptr);
    }
    for (const tenant_id& tenant : need.grants) {
        const slot owner = found.balances.add(tenant);
        db_->prepare(grants).text(tenant);
        db_->each([&](reader& in) { found.balances.found(owner).grants.push_back(store::take_grant(in)); });
    }
    for (const tenant_id& tenant : need.refunds) {
        const slot owner = found.balances.add(tenant);
        db_->prepare("SELECT coalesce(sum(t.amount), 0), coalesce(sum(t.amount) FILTER (WHERE e.reverses IS NULL), 0) "
                     "FROM grants AS t JOIN entries AS e ON e.tenant = t.tenant AND "
                     "e.transaction_id = t.transaction_id AND e.leg = 0 WHERE t.tenant = ? AND t.funding = 'refund'")
            .text(tenant);
        db_->each([&](reader& in) {
            const usd_nano all(in.number()), freely(in.number());
            found.balances.found(owner).refunded = {all, freely};
        });
    }
}

void ledger::audit(store::audit_row row) { write_audit(*db_, row); }

store_result<std::vector<reservation>> ledger::expired(std::size_t count) {
    static const std::string sql =
        select_from("reservations", store::reservation_columns, "WHERE expires <= ? ORDER BY expires LIMIT ?");
    db_->prepare(sql).time(clock_now()).number(static_cast<std::int64_t>(count));
    return read_all(*db_);
}

store_result<std::vector<reservation>> ledger::held_by(const std::string& node, std::size_t count) {
    static const std::string sql =
        select_from("reservations", store::reservation_columns, "WHERE node = ? ORDER BY created LIMIT ?");
    db_->prepare(sql).text(node).number(static_cast<std::int64_t>(count));
    return read_all(*db_);
}

store_result<std::vector<tenant_id>> ledger::tenants_with_expired_grants(std::size_t count) {
    std::vector<tenant_id> tenants;
    db_->prepare("SELECT tenant FROM balances WHERE next_expiry_s <= ? ORDER BY next_expiry_s LIMIT ?")
        .number(clock_now().seconds())
        .number(static_cast<std::int64_t>(count));
    db_->each([&](reader& in) { tenants.push_back(in.text()); });
    if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
    return tenants;
}

store_result<std::size_t> ledger::prune_counters(std::size_t count) {
    const instant now = clock_now();
    session& db = *db_;
    db.prepare("SELECT tenant, scope, windows FROM counters WHERE (tenant, scope) > (?, ?) "
               "ORDER BY tenant, scope LIMIT ?")
        .text(pruned_to_.tenant)
        .text(pruned_to_.scope)
        .number(limits::prune_scan_rows_max);
    std::vector<std::pair<store::scope_key, store::scope_row>> over;
    std::int64_t scanned = 0;
    db.each([&](reader& in) {
        if (over.size() == count) return;
        ++scanned;
        pruned_to_ = {in.text(), in.text()};
        const auto windows = store::take_windows(in);
        if (store::is_over(windows, now)) over.emplace_back(pruned_to_, store::scope_row{store::pack_windows(windows)});
    });
    if (scanned < limits::prune_scan_rows_max && over.size() < count) pruned_to_ = {};
    return remove(over);
}

store_result<std::size_t> ledger::prune_repeats(std::size_t count) {
    struct old_rows {
        const char* sql;
        std::int64_t kept_s;
    };
    static constexpr old_rows all[] = {
        {"DELETE FROM claims WHERE (tenant, key) IN "
         "(SELECT tenant, key FROM claims WHERE created <= ? ORDER BY created LIMIT ?)",
         limits::idempotency_kept_s},
        {"DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE created <= ? ORDER BY created LIMIT ?)",
         limits::idempotency_kept_s},
        {"DELETE FROM spent_tokens WHERE (tenant, token) IN "
         "(SELECT tenant, token FROM spent_tokens WHERE created <= ? ORDER BY created LIMIT ?)",
         limits::confirmation_kept_s},
    };
    const instant now = clock_now();
    std::size_t removed = 0;
    for (const old_rows& each : all) {
        db_->prepare(each.sql).time({now.us - each.kept_s * 1'000'000}).number(static_cast<std::int64_t>(count));
        db_->run();
        removed += static_cast<std::size_t>(db_->changed());
    }
    if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
    return removed;
}

// A row that was written meanwhile has other windows.
store_result<std::size_t> ledger::remove(const std::vector<std::pair<store::scope_key, store::scope_row>>& over) {
    if (over.empty()) {
        if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
        return 0;
    }
    std::size_t removed = 0;
    db_->begin_immediate();
    for (const auto& [key, row] : over) {
        binder& out = db_->prepare("DELETE FROM counters WHERE tenant = ? AND scope = ? AND windows = ?");
        store::put(out, key);
        store::put(out, row);
        db_->run();
        removed += static_cast<std::size_t>(db_->changed());
        scope_memory_.forget(key);
    }
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    return removed;
}

}
