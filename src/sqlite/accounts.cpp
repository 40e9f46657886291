#include "accounts.hpp"

#include "ledger.hpp"
#include "statements.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/core/simulation_limits.hpp>
#include <tollgate/store/view_rows.hpp>

namespace tollgate::sqlite {

namespace {

using tollgate::ledger::usage_row;

const std::string& usage_select() {
    static const std::string sql =
        "SELECT " + store::column_names(store::usage_columns) + ", refunded FROM usage_events ";
    return sql;
}

}

store_result<std::vector<std::pair<tollgate::ledger::counter_key, tollgate::ledger::counter>>>
accounts::counters(const std::vector<tollgate::ledger::counter_key>& keys) {
    std::vector<std::pair<tollgate::ledger::counter_key, tollgate::ledger::counter>> found;
    db_->begin_read();
    for (const auto& key : keys) {
        db_->prepare("SELECT windows FROM counters WHERE tenant = ? AND scope = ?").text(key.tenant).text(key.scope);
        db_->each([&](reader& in) {
            for (const store::window_counter& each : store::take_windows(in))
                if (each.span == key.span && each.start_s == key.start_s) found.emplace_back(key, each.at);
        });
    }
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    return found;
}

store_result<std::optional<tollgate::ledger::balance_row>> accounts::balance(const tenant_id& tenant) {
    static const std::string one = select_from("balances", store::balance_columns, "WHERE tenant = ?");
    static const std::string grants =
        select_from("grants", store::grant_columns, "WHERE tenant = ? AND remaining > 0 ORDER BY transaction_id");
    std::optional<tollgate::ledger::balance_row> found;
    db_->begin_read();
    db_->prepare(one).text(tenant);
    db_->each([&](reader& in) { found = store::take_balance(in); });
    if (found) {
        db_->prepare(grants).text(tenant);
        db_->each([&](reader& in) { found->grants.push_back(store::take_grant(in)); });
    }
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    return found;
}

store_result<std::vector<tollgate::ledger::entry>> accounts::entries(const tenant_id& tenant, std::size_t newest) {
    static const std::string sql =
        select_from("entries", store::entry_columns, "WHERE tenant = ? ORDER BY transaction_id DESC, leg DESC LIMIT ?");
    std::vector<tollgate::ledger::entry> found;
    db_->prepare(sql).text(tenant).number(static_cast<std::int64_t>(newest));
    db_->each([&](reader& in) { found.push_back(store::take_entry(in)); });
    return judged(std::move(found));
}

store_result<std::vector<tollgate::ledger::entry>> accounts::balance_movements(const tenant_id& tenant, instant from) {
    static const std::string sql =
        select_from("entries", store::entry_columns,
                    "WHERE tenant = ? AND at >= ? AND (debit = 'prepaid' OR credit = 'prepaid') AND "
                    "kind NOT IN ('charge', 'late') ORDER BY at, transaction_id, leg LIMIT ?");
    std::vector<tollgate::ledger::entry> found;
    db_->prepare(sql).text(tenant).time(from).number(limits::balance_movements_max);
    db_->each([&](reader& in) { found.push_back(store::take_entry(in)); });
    return judged(std::move(found));
}

std::vector<usage_row> accounts::usage_rows() {
    std::vector<usage_row> rows;
    db_->each([&](reader& in) { rows.push_back(store::take_usage(in)); });
    return rows;
}

std::optional<usage_row> accounts::usage_one() {
    std::vector<usage_row> rows = usage_rows();
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
}

store_result<std::optional<usage_row>> accounts::request(const tenant_id& tenant, request_id id) {
    static const std::string sql = usage_select() + "WHERE tenant = ? AND request_id = ?";
    db_->prepare(sql).text(tenant).id(id);
    return judged(usage_one());
}

store_result<std::optional<usage_row>> accounts::request(request_id id) {
    static const std::string sql = usage_select() + "WHERE request_id = ?";
    db_->prepare(sql).id(id);
    return judged(usage_one());
}

store_result<std::optional<tollgate::ledger::stored_answer>> accounts::stored_answer(const tenant_id& tenant,
                                                                                     request_id id) {
    static const std::string sql = select_from("answers", store::answer_columns, "WHERE tenant = ? AND request_id = ?");
    std::optional<tollgate::ledger::stored_answer> found;
    db_->prepare(sql).text(tenant).id(id);
    db_->each([&](reader& in) { found = store::take_answer(in); });
    return judged(std::move(found));
}

store_result<std::vector<usage_row>> accounts::usage_page(const store::usage_query& query, request_id after,
                                                          std::size_t count) {
    static const std::string sql = usage_select() + "WHERE tenant = ? AND at >= ? AND at < ? AND request_id > ? "
                                                    "ORDER BY request_id LIMIT ?";
    db_->prepare(sql)
        .text(query.tenant)
        .time(query.from)
        .time(query.to)
        .id(after)
        .number(static_cast<std::int64_t>(count));
    return judged(usage_rows());
}

store_result<std::vector<store::usage_group>> accounts::usage_groups(const store::usage_query& query,
                                                                     const std::vector<std::string>& by) {
    std::string names, places;
    for (std::size_t i = 0; i < by.size(); ++i) {
        const bool day = by[i] == "day";
        const auto name = store::group_column(by[i]);
        if (!day && !name)
            return std::unexpected(store_error{store_fault::corrupt, "usage cannot be grouped by " + by[i]});
        names += day ? "strftime('%Y-%m-%d', at / 1000000, 'unixepoch')" : std::string(*name);
        names += ", ";
        places += (i == 0 ? "" : ", ") + std::to_string(i + 1);
    }
    std::string sql =
        "SELECT " + names +
        "count(*), coalesce(sum(decision = 'refuse'), 0), coalesce(sum(prompt_tokens), 0), "
        "coalesce(sum(completion_tokens), 0), coalesce(sum(cached_tokens), 0), coalesce(sum(charged), 0), "
        "coalesce(sum(provider_cost), 0), coalesce(sum(estimated), 0) FROM usage_events "
        "WHERE (? = '' OR tenant = ?) AND at >= ? AND at < ?";
    if (!by.empty()) sql += " GROUP BY " + places + " ORDER BY " + places;
    sql += " LIMIT ?";

    std::vector<store::usage_group> groups;
    db_->prepare_once(sql)
        .text(query.tenant)
        .text(query.tenant)
        .time(query.from)
        .time(query.to)
        .number(limits::store_groups_max);
    db_->each([&](reader& in) { groups.push_back(store::take_usage_group(in, by.size())); });
    return judged(std::move(groups));
}

store_result<instant> accounts::now() {
    db_->prepare("SELECT 1");
    db_->run();
    return judged(clock_now());
}

}
