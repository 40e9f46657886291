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

store_result<store::counter_page> accounts::counters_after(const store::scope_key& after, const tenant_id& tenant,
                                                           std::int64_t since_s, std::size_t scopes) {
    store::counter_page page;
    binder& out = db_->prepare("SELECT tenant, scope, windows FROM counters WHERE (tenant, scope) > (?, ?) "
                               "AND (? = '' OR tenant = ?) ORDER BY tenant, scope LIMIT ?");
    out.text(after.tenant).text(after.scope).text(tenant).text(tenant).number(static_cast<std::int64_t>(scopes));
    db_->each([&](reader& in) {
        page.last = {in.text(), in.text()};
        store::add_spent(page, store::take_windows(in), since_s);
    });
    return judged(std::move(page));
}

}
