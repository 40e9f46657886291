#include "accounts.hpp"

#include "statements.hpp"

namespace tollgate::sqlite {

using tollgate::ledger::usage_row;

// Ids begin with their time, so the newest are the highest.
store_result<std::vector<usage_row>> accounts::decisions(const store::decision_query& query) {
    std::string sql = "SELECT " + store::column_names(store::usage_columns) +
                      ", refunded FROM usage_events WHERE at >= ? AND at < ? AND request_id < ?";
    if (!query.tenant.empty()) sql += " AND tenant = ?";
    if (!query.code.empty()) sql += " AND code = ?";
    sql += " ORDER BY request_id DESC LIMIT ?";
    binder& out = db_->prepare_once(sql).time(query.from).time(query.to);
    out.id(query.before.value_or(request_id(UINT64_MAX, UINT64_MAX)));
    if (!query.tenant.empty()) out.text(query.tenant);
    if (!query.code.empty()) out.text(query.code);
    out.number(static_cast<std::int64_t>(query.count));
    return judged(usage_rows());
}

store_result<std::vector<std::pair<tollgate::ledger::counter_key, tollgate::ledger::counter>>>
accounts::counters_after(const tollgate::ledger::counter_key& after, const tenant_id& tenant, std::int64_t since_s,
                         std::size_t count) {
    static const std::string sql =
        "SELECT tenant, scope, span, start_s, " + store::column_names(store::counter_columns) +
        " FROM counters WHERE (tenant, scope, span, start_s) > (?, ?, ?, ?) AND (? = '' OR tenant = ?) "
        "AND (start_s >= ? OR start_s = 0) AND spent + held > 0 ORDER BY tenant, scope, span, start_s LIMIT ?";
    std::vector<std::pair<tollgate::ledger::counter_key, tollgate::ledger::counter>> found;
    binder& out = db_->prepare(sql).text(after.tenant).text(after.scope).number(static_cast<int>(after.span));
    out.number(after.start_s).text(tenant).text(tenant).number(since_s).number(static_cast<std::int64_t>(count));
    db_->each([&](reader& in) {
        tollgate::ledger::counter_key key{in.text(), in.text(), window::total, 0};
        key.span = static_cast<window>(in.number());
        key.start_s = in.number();
        found.emplace_back(std::move(key), store::take_counter(in));
    });
    return judged(std::move(found));
}

}
