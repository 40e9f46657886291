#include "seeds.hpp"

#include "ledger.hpp"
#include "statements.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/store/seed_rows.hpp>

namespace tollgate::sqlite {

using tollgate::ledger::counter;
using tollgate::ledger::seed;

store_result<std::vector<store::kept_counters>> seeds::kept(const std::vector<tenant_id>& tenants) {
    std::vector<store::kept_counters> found;
    found.reserve(tenants.size());
    db_->begin_read();
    for (const tenant_id& tenant : tenants) {
        store::kept_counters& row = found.emplace_back();
        row.tenant = tenant;
        db_->prepare("SELECT coalesce((SELECT families FROM kept_counters WHERE tenant = ?1), ''), "
                     "EXISTS (SELECT 1 FROM usage_events WHERE tenant = ?1) OR "
                     "EXISTS (SELECT 1 FROM reservations WHERE tenant = ?1)")
            .text(tenant);
        db_->each([&](reader& in) {
            row.families = in.text();
            row.has_history = in.flag();
        });
    }
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    return found;
}

store_result<void> seeds::keep(const std::vector<store::kept_counters>& rows) {
    db_->begin_immediate();
    for (const store::kept_counters& row : rows) {
        db_->prepare("INSERT INTO kept_counters (tenant, families) VALUES (?, ?) "
                     "ON CONFLICT (tenant) DO UPDATE SET families = excluded.families")
            .text(row.tenant)
            .text(row.families);
        db_->run();
    }
    return db_->commit();
}

store_result<std::vector<tollgate::ledger::reservation>> seeds::holds(const tenant_id& tenant, request_id after,
                                                                      std::size_t count) {
    static const std::string sql = select_from("reservations", store::reservation_columns,
                                               "WHERE tenant = ? AND request_id > ? ORDER BY request_id LIMIT ?");
    std::vector<tollgate::ledger::reservation> found;
    db_->prepare(sql).text(tenant).id(after).number(static_cast<std::int64_t>(count));
    db_->each([&](reader& in) { found.push_back(store::take_reservation(in)); });
    if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
    return found;
}

bool seeds::plant_one(const seed& fresh) {
    static const std::string read_seed = select_from("counter_seeds", store::seed_columns,
                                                     "WHERE tenant = ? AND scope = ? AND span = ? AND start_s = ?");
    static const std::string write_seed = insert_into("counter_seeds", store::seed_columns,
                                                      "ON CONFLICT (tenant, scope, span, start_s) DO UPDATE SET " +
                                                          all_excluded(store::seed_columns, store::seed_key_columns));
    tollgate::ledger::counter_rows counters;
    counters.add(fresh.key);
    store::scope_rows scopes;
    scopes.name(counters);
    read_scope(*db_, scopes.table(), 0);
    if (auto read = scopes.read_into(counters); !read) db_->fail(read.error().fault, read.error().detail);
    std::optional<seed> before;
    db_->prepare(read_seed)
        .text(fresh.key.tenant)
        .text(fresh.key.scope)
        .number(static_cast<int>(fresh.key.span))
        .number(fresh.key.start_s);
    db_->each([&](reader& in) { before = store::take_seed(in); });
    const counter at = counters.row(0);
    const auto planted = tollgate::ledger::plant(at, before, fresh);
    if (!planted || !db_->ok()) return false;

    counters.change(0) = planted->at;
    TG_ASSERT(scopes.take(counters));
    write_scopes(*db_, scopes.table());
    store::put(db_->prepare(write_seed), planted->kept);
    db_->run();
    return planted->at != at;
}

store_result<std::size_t> seeds::plant(std::vector<seed> fresh) {
    std::size_t changed = 0;
    db_->begin_immediate();
    for (const seed& each : fresh) changed += plant_one(each) ? 1 : 0;
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    return changed;
}

store_result<instant> seeds::now() { return clock_now(); }

}
