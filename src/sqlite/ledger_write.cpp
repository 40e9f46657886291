#include "ledger.hpp"

#include "statements.hpp"

namespace tollgate::sqlite {

namespace {

using tollgate::ledger::changes;
using tollgate::ledger::reservation;

void write_balances(session& db, const changes& write) {
    static const std::string sql = "INSERT INTO balances (" + store::column_names(store::balance_columns) +
                                   ", tenant) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant) DO UPDATE SET " +
                                   all_excluded(store::balance_columns, 0);
    static const std::string grant =
        insert_into("grants", store::grant_columns,
                    "ON CONFLICT (tenant, transaction_id) DO UPDATE SET " + all_excluded(store::grant_columns, 2));
    write.balances.each_changed([&](const tenant_id& tenant, const tollgate::ledger::balance_row& row) {
        binder& out = db.prepare(sql);
        store::put(out, row);
        out.text(tenant);
        db.run();
        for (const auto& each : row.grants) {
            store::put(db.prepare(grant), each);
            db.run();
        }
    });
}

void write_reservations(session& db, const changes& write) {
    static const std::string sql = insert_into("reservations", store::reservation_columns);
    static const std::string replace =
        insert_into("reservations", store::reservation_columns,
                    "ON CONFLICT (tenant, request_id) DO UPDATE SET " + all_excluded(store::reservation_columns, 2));
    for (const auto& row : write.reservations_opened) {
        store::put(db.prepare_borrowing(sql), row);
        db.run();
    }
    for (const auto& row : write.reservations_replaced) {
        store::put(db.prepare(replace), row);
        db.run();
    }
}

void write_usage(session& db, const changes& write) {
    static const std::string insert =
        insert_into("usage_events", store::usage_columns, "ON CONFLICT (tenant, request_id) DO NOTHING");
    static const std::string correct =
        insert_into("usage_events", store::usage_columns,
                    "ON CONFLICT (tenant, request_id) DO UPDATE SET " + all_excluded(store::usage_columns, 2));
    for (const auto& row : write.usage) {
        store::put(db.prepare_borrowing(insert), row);
        db.run();
    }
    for (const auto& row : write.usage_corrected) {
        store::put(db.prepare(correct), row);
        db.run();
    }
    for (const auto& each : write.refunds) {
        db.prepare("UPDATE usage_events SET refunded = ?, settlement_status = 'refunded' "
                   "WHERE tenant = ? AND request_id = ?")
            .number(each.refunded.count())
            .text(each.tenant)
            .id(each.id);
        db.run();
    }
}

void write_entries(session& db, const changes& write, instant now) {
    // `written` is named rather than left to its default, which would be worked out for every row.
    static const std::string sql = "INSERT INTO entries (" + store::column_names(store::entry_columns) +
                                   ", written) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    const instant whole_second = instant::from_seconds(now.seconds());
    for (const auto& row : write.entries) {
        binder& out = db.prepare_borrowing(sql);
        store::put(out, row);
        out.time(whole_second);
        db.run();
        if (row.idempotency_key.empty()) continue;
        db.prepare("INSERT INTO movements (tenant, idempotency_key, transaction_id) VALUES (?, ?, ?)")
            .text(row.tenant)
            .text(row.idempotency_key)
            .id(row.transaction);
        db.run();
    }
}

void write_repeats(session& db, const changes& write) {
    static const std::string claim = "INSERT INTO claims (" + store::column_names(store::claim_columns) +
                                     ", tenant, key) VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant, key) DO UPDATE SET " +
                                     all_excluded(store::claim_columns, 0);
    static const std::string answer = "INSERT INTO answers (" + store::column_names(store::answer_columns) +
                                      ", tenant, request_id) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    for (const auto& [key, each] : write.claims) {
        binder& out = db.prepare(claim);
        store::put(out, each.row);
        out.text(key.first).text(key.second);
        db.run();
    }
    for (const auto& each : write.answers) {
        binder& out = db.prepare(answer);
        store::put(out, each);
        out.text(each.tenant).id(each.id);
        db.run();
    }
    for (const auto& each : write.tokens) {
        db.prepare("INSERT INTO spent_tokens (tenant, token, request_id, created) VALUES (?, ?, ?, ?)")
            .text(each.tenant)
            .text(each.token)
            .id(each.by)
            .time(each.created);
        db.run();
    }
}

}

// Whole rows, so that one that exists need not be found first: a table with no other index is written in one step.
void write_scopes(session& db, const store::scope_table& scopes) {
    static const std::string sql = "INSERT OR REPLACE INTO counters (windows, tenant, scope) VALUES (?, ?, ?)";
    scopes.each_changed([&](const store::scope_key& key, const store::scope_row& row) {
        binder& out = db.prepare_borrowing(sql);
        store::put(out, row);
        store::put(out, key);
        db.run();
    });
}

store_result<void> ledger::commit(const changes& write) {
    session& db = *db_;
    if (!scopes_.take(write.counters)) {
        db.rollback();
        return std::unexpected(store_error{store_fault::corrupt, "a batch wrote a row that it had not asked for"});
    }
    write_scopes(db, scopes_.table());
    write_balances(db, write);
    write_reservations(db, write);
    end_reservations(write);
    write_usage(db, write);
    write_entries(db, write, now_);
    write_repeats(db, write);
    if (auto done = db.commit(); !done) {
        if (done.error().fault == store_fault::conflict) return done; // undone: what is remembered is as true as before
        forget();
        // What was assumed may be why: the batch is judged again, with everything probed.
        if (assumes_ && done.error().fault == store_fault::corrupt)
            return std::unexpected(store_error{store_fault::conflict, done.error().detail});
        return done;
    }
    scope_memory_.learn_written(scopes_.table(), false);
    balance_memory_.learn_written(write.balances, false);
    return {};
}

void ledger::end_reservations(const changes& write) {
    for (const reservation* hold : write.reservations_ended) {
        db_->prepare("DELETE FROM reservations WHERE tenant = ? AND request_id = ? AND attempt = ?")
            .text(hold->tenant)
            .id(hold->id)
            .number(hold->attempt);
        db_->run();
        if (assumes_ && db_->ok() && db_->changed() != 1)
            db_->fail(store_fault::conflict, "a hold is not open as it was assumed to be");
    }
}

}
