#include "seeds.hpp"

#include "sql_parts.hpp"
#include "statements.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/store/seed_rows.hpp>

namespace tollgate::postgres {

using tollgate::ledger::counter_key;
using tollgate::ledger::seed;
using tollgate::ledger::slot;

namespace {

constexpr std::array kept_columns{
    store::column{"tenant", store::column_type::text},
    store::column{"families", store::column_type::text},
};

}

store_result<void> seeds::connect() {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    return {};
}

store_result<std::vector<store::kept_counters>> seeds::kept(const std::vector<tenant_id>& tenants) {
    std::vector<store::kept_counters> found;
    if (tenants.empty()) return found;
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    arrays asked(tenant_column);
    for (const tenant_id& tenant : tenants) asked.text(tenant);
    (*db)->query("SELECT k.tenant, coalesce(t.families, ''), "
                 "EXISTS (SELECT 1 FROM usage_events AS u WHERE u.tenant = k.tenant) OR "
                 "EXISTS (SELECT 1 FROM reservations AS r WHERE r.tenant = k.tenant) FROM " +
                     ordered_batch(tenant_column) + " LEFT JOIN kept_counters AS t ON t.tenant = k.tenant ORDER BY k.i",
                 asked.finish());
    auto done = (*db)->run([&](std::size_t, reader& in) {
        store::kept_counters& row = found.emplace_back();
        row.tenant = in.text();
        row.families = in.text();
        row.has_history = in.flag();
    });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<void> seeds::keep(const std::vector<store::kept_counters>& rows) {
    if (rows.empty()) return {};
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    arrays out(kept_columns);
    for (const store::kept_counters& row : rows) out.text(row.tenant).text(row.families);
    (*db)->query("INSERT INTO kept_counters (tenant, families) SELECT k.tenant, k.families FROM " +
                     ordered_batch(kept_columns) +
                     " ORDER BY k.tenant ON CONFLICT (tenant) DO UPDATE SET "
                     "families = excluded.families",
                 out.finish());
    return (*db)->run();
}

store_result<std::vector<tollgate::ledger::reservation>> seeds::holds(const tenant_id& tenant, request_id after,
                                                                      std::size_t count) {
    std::vector<tollgate::ledger::reservation> found;
    scalars values;
    values.text(tenant).id(after).number(static_cast<std::int64_t>(count));
    const auto done = client_.ask("SELECT " + store::column_names(store::reservation_columns) +
                                      " FROM reservations WHERE tenant = $1 AND request_id > $2 "
                                      "ORDER BY request_id LIMIT $3::bigint",
                                  values, [&](reader& in) { found.push_back(store::take_reservation(in)); });
    if (!done) return std::unexpected(done.error());
    return found;
}

// The rows are made when they do not exist, then locked in the order of their keys, as the ledger locks them.
store_result<seeds::found_rows> seeds::lock(connection& db, const std::vector<seed>& fresh) {
    constexpr auto seed_key = std::span(store::seed_columns).first(store::seed_key_columns);
    found_rows found;
    for (const seed& each : fresh) found.counters.add(each.key);
    found.scopes.name(found.counters);
    store::scope_table& scopes = found.scopes.table();
    const std::vector<slot> order = scopes.in_order();
    arrays scope_keys(store::scope_key_columns), seed_keys(seed_key);
    for (const slot i : order) store::put(scope_keys, scopes.key(i));
    for (const seed& each : fresh)
        seed_keys.text(each.key.tenant)
            .text(each.key.scope)
            .number(static_cast<int>(each.key.span))
            .number(each.key.start_s);
    db.query("BEGIN ISOLATION LEVEL READ COMMITTED");
    db.query("INSERT INTO counters (tenant, scope) SELECT k.tenant, k.scope FROM " +
                 ordered_batch(store::scope_key_columns) + " ORDER BY k.i ON CONFLICT DO NOTHING",
             scope_keys.finish());
    db.query("SELECT k.i, t.windows FROM " + ordered_batch(store::scope_key_columns) + " JOIN counters AS t ON " +
                 same("t", store::scope_key_columns) + " ORDER BY k.i FOR UPDATE OF t",
             scope_keys.finish());
    db.query("SELECT " + store::column_names(store::seed_columns, "t.") + " FROM " + ordered_batch(seed_key) +
                 " JOIN counter_seeds AS t ON " + same("t", seed_key),
             seed_keys.finish());
    const auto done = db.run([&](std::size_t statement, reader& in) {
        if (statement == 2) {
            const auto i = static_cast<std::size_t>(in.number());
            scopes.set_found(order.at(i - 1), store::take_scope(in));
        } else if (statement == 3) {
            seed row = store::take_seed(in);
            const counter_key key = row.key;
            found.seeds.emplace(key, std::move(row));
        }
    });
    if (!done) return std::unexpected(done.error());
    if (auto read = found.scopes.read_into(found.counters); !read) return std::unexpected(read.error());
    return found;
}

store_result<void> seeds::write(connection& db, const store::scope_table& scopes, const std::vector<seed>& kept) {
    arrays changed(store::scope_columns), seeds(store::seed_columns);
    changed.add_columns(store::scope_key_columns);
    scopes.each_changed([&](const store::scope_key& key, const store::scope_row& row) {
        store::put(changed, row);
        store::put(changed, key);
    });
    for (const seed& each : kept) store::put(seeds, each);
    if (!kept.empty()) {
        db.query("UPDATE counters AS t SET windows = k.windows FROM unnest($1::text[], $2::text[], $3::text[]) "
                 "AS k(windows, tenant, scope) WHERE " +
                     same("t", store::scope_key_columns),
                 changed.finish());
        db.query("INSERT INTO counter_seeds (" + store::column_names(store::seed_columns) + ") SELECT " +
                     store::column_names(store::seed_columns, "k.") + " FROM " + ordered_batch(store::seed_columns) +
                     " ON CONFLICT (tenant, scope, span, start_s) DO UPDATE SET " +
                     assign(std::span(store::seed_columns).subspan(store::seed_key_columns), "excluded"),
                 seeds.finish());
    }
    db.query("COMMIT");
    return db.run();
}

store_result<std::size_t> seeds::plant(std::vector<seed> fresh) {
    if (fresh.empty()) return 0;
    const auto ready = client_.ready();
    if (!ready) return std::unexpected(ready.error());
    connection& db = **ready;
    auto found = lock(db, fresh);
    if (!found) {
        db.give_up(); // the transaction may be open still
        return std::unexpected(found.error());
    }
    std::vector<seed> kept;
    std::size_t changed = 0;
    for (slot i = 0; i < fresh.size(); ++i) {
        const auto before = found->seeds.find(fresh[i].key);
        const tollgate::ledger::counter at = found->counters.row(i);
        auto row = tollgate::ledger::plant(
            at, before == found->seeds.end() ? std::nullopt : std::optional(before->second), fresh[i]);
        if (!row) continue;
        changed += row->at == at ? 0 : 1;
        found->counters.change(i) = row->at;
        kept.push_back(std::move(row->kept));
    }
    TG_ASSERT(found->scopes.take(found->counters));
    if (auto done = write(db, found->scopes.table(), kept); !done) {
        db.give_up();
        return std::unexpected(done.error());
    }
    return changed;
}

store_result<instant> seeds::now() {
    instant at;
    scalars none;
    const auto done = client_.ask("SELECT clock_timestamp()", none, [&](reader& in) { at = in.time(); });
    if (!done) return std::unexpected(done.error());
    return at;
}

}
