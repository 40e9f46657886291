#include "accounts.hpp"

#include "sql_parts.hpp"
#include "statements.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/core/simulation_limits.hpp>
#include <tollgate/store/view_rows.hpp>

namespace tollgate::postgres {

using tollgate::ledger::usage_row;

store_result<void> accounts::connect() {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    return {};
}

store_result<std::vector<std::pair<tollgate::ledger::counter_key, tollgate::ledger::counter>>>
accounts::counters(const std::vector<tollgate::ledger::counter_key>& keys) {
    std::vector<std::pair<tollgate::ledger::counter_key, tollgate::ledger::counter>> found;
    if (keys.empty()) return found;
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    arrays asked(store::scope_key_columns);
    for (const auto& key : keys) store::put(asked, store::scope_key{key.tenant, key.scope});
    (*db)->query("SELECT k.i, t.windows FROM " + ordered_batch(store::scope_key_columns) + " JOIN counters AS t ON " +
                     same("t", store::scope_key_columns) + " ORDER BY k.i",
                 asked.finish());
    auto done = (*db)->run([&](std::size_t, reader& in) {
        const auto& key = keys.at(static_cast<std::size_t>(in.number()) - 1);
        for (const store::window_counter& each : store::take_windows(in))
            if (each.span == key.span && each.start_s == key.start_s) found.emplace_back(key, each.at);
    });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<std::optional<tollgate::ledger::balance_row>> accounts::balance(const tenant_id& tenant) {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    std::optional<tollgate::ledger::balance_row> found;
    std::vector<tollgate::ledger::grant> grants;
    scalars values;
    values.text(tenant);
    (*db)->query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    (*db)->query("SELECT " + store::column_names(store::balance_columns) + " FROM balances WHERE tenant = $1",
                 values.finish());
    (*db)->query("SELECT " + store::column_names(store::grant_columns) +
                     " FROM grants WHERE tenant = $1 AND remaining > 0 ORDER BY transaction_id",
                 values.finish());
    (*db)->query("COMMIT");
    auto done = (*db)->run([&](std::size_t i, reader& in) {
        if (i == 1) found = store::take_balance(in);
        if (i == 2) grants.push_back(store::take_grant(in));
    });
    if (!done) {
        (*db)->give_up(); // the transaction may be open still
        return std::unexpected(done.error());
    }
    if (found) found->grants = std::move(grants);
    return found;
}

store_result<std::vector<tollgate::ledger::entry>> accounts::entries(const tenant_id& tenant, std::size_t newest) {
    std::vector<tollgate::ledger::entry> found;
    scalars values;
    values.text(tenant).number(static_cast<std::int64_t>(newest));
    const auto done = client_.ask("SELECT " + store::column_names(store::entry_columns) +
                                      " FROM entries WHERE tenant = $1 ORDER BY transaction_id DESC, leg DESC "
                                      "LIMIT $2::bigint",
                                  values, [&](reader& in) { found.push_back(store::take_entry(in)); });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<std::vector<tollgate::ledger::entry>> accounts::balance_movements(const tenant_id& tenant, instant from) {
    std::vector<tollgate::ledger::entry> found;
    scalars values;
    values.text(tenant).time(from).number(limits::balance_movements_max);
    const auto done = client_.ask("SELECT " + store::column_names(store::entry_columns) +
                                      " FROM entries WHERE tenant = $1 AND at >= $2 AND (debit = 'prepaid' OR credit = "
                                      "'prepaid') AND kind NOT IN ('charge', 'late') ORDER BY at, transaction_id, leg "
                                      "LIMIT $3::bigint",
                                  values, [&](reader& in) { found.push_back(store::take_entry(in)); });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<std::vector<usage_row>> accounts::usage_rows(const std::string& rest, scalars& values) {
    std::vector<usage_row> rows;
    const auto done =
        client_.ask("SELECT " + store::column_names(store::usage_columns) + ", refunded FROM usage_events " + rest,
                    values, [&](reader& in) { rows.push_back(store::take_usage(in)); });
    if (!done) return std::unexpected(done.error());
    return rows;
}

store_result<std::optional<usage_row>> accounts::usage_one(const std::string& rest, scalars& values) {
    auto rows = usage_rows(rest, values);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return std::nullopt;
    return std::move(rows->front());
}

store_result<std::optional<usage_row>> accounts::request(const tenant_id& tenant, request_id id) {
    scalars values;
    values.text(tenant).day(month_of(id)).id(id);
    return usage_one("WHERE tenant = $1 AND month = $2 AND request_id = $3", values);
}

store_result<std::optional<usage_row>> accounts::request(request_id id) {
    scalars values;
    values.day(month_of(id)).id(id);
    return usage_one("WHERE month = $1 AND request_id = $2", values);
}

store_result<std::optional<tollgate::ledger::stored_answer>> accounts::stored_answer(const tenant_id& tenant,
                                                                                     request_id id) {
    std::optional<tollgate::ledger::stored_answer> found;
    scalars values;
    values.text(tenant).id(id);
    const auto done = client_.ask("SELECT " + store::column_names(store::answer_columns) +
                                      " FROM answers WHERE tenant = $1 AND request_id = $2",
                                  values, [&](reader& in) { found = store::take_answer(in); });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<std::vector<usage_row>> accounts::usage_page(const store::usage_query& query, request_id after,
                                                          std::size_t count) {
    // An id begins with its time, so the order of (month, id) is that of ids; and it is the primary key's.
    scalars values;
    values.text(query.tenant).time(query.from).time(query.to).id(after).number(static_cast<std::int64_t>(count));
    values.day(month_of(after));
    return usage_rows("WHERE tenant = $1 AND at >= $2 AND at < $3 AND month >= $6 AND (month, request_id) > ($6, $4) "
                      "ORDER BY month, request_id LIMIT $5::bigint",
                      values);
}

store_result<std::vector<store::usage_group>> accounts::usage_groups(const store::usage_query& query,
                                                                     const std::vector<std::string>& by) {
    std::string names, places;
    for (std::size_t i = 0; i < by.size(); ++i) {
        const bool day = by[i] == "day";
        const auto name = store::group_column(by[i]);
        if (!day && !name)
            return std::unexpected(store_error{store_fault::corrupt, "usage cannot be grouped by " + by[i]});
        names += day ? "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD')" : std::string(*name) + " COLLATE \"C\"";
        names += ", ";
        places += (i == 0 ? "" : ", ") + std::to_string(i + 1);
    }
    std::string sql =
        "SELECT " + names +
        "count(*), count(*) FILTER (WHERE decision = 'refuse'), coalesce(sum(prompt_tokens), 0)::bigint, "
        "coalesce(sum(completion_tokens), 0)::bigint, coalesce(sum(cached_tokens), 0)::bigint, "
        "coalesce(sum(charged), 0)::bigint, coalesce(sum(provider_cost), 0)::bigint, "
        "coalesce(sum(estimated), 0)::bigint FROM usage_events WHERE ($1 = '' OR tenant = $1) AND at >= $2 AND at < $3";
    if (!by.empty()) sql += " GROUP BY " + places + " ORDER BY " + places;
    sql += " LIMIT $4::bigint";

    std::vector<store::usage_group> groups;
    scalars values;
    values.text(query.tenant).time(query.from).time(query.to).number(limits::store_groups_max);
    const auto done =
        client_.ask(sql, values, [&](reader& in) { groups.push_back(store::take_usage_group(in, by.size())); });
    if (!done) return std::unexpected(done.error());
    return groups;
}

store_result<instant> accounts::now() {
    instant at;
    scalars none;
    const auto done = client_.ask("SELECT clock_timestamp()", none, [&](reader& in) { at = in.time(); });
    if (!done) return std::unexpected(done.error());
    return at;
}

}
