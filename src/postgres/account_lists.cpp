#include "accounts.hpp"

namespace tollgate::postgres {

using tollgate::ledger::usage_row;

// Ids begin with their time, so the newest are the highest; partitions are by the month of the id.
store_result<std::vector<usage_row>> accounts::decisions(const store::decision_query& query) {
    scalars values;
    values.time(query.from).time(query.to).id(query.before.value_or(request_id(UINT64_MAX, UINT64_MAX)));
    values.text(query.tenant).text(query.code).number(static_cast<std::int64_t>(query.count));
    return usage_rows("WHERE at >= $1 AND at < $2 AND request_id < $3 AND ($4 = '' OR tenant = $4) "
                      "AND ($5 = '' OR code = $5) ORDER BY request_id DESC LIMIT $6::bigint",
                      values);
}

store_result<store::counter_page> accounts::counters_after(const store::scope_key& after, const tenant_id& tenant,
                                                           std::int64_t since_s, std::size_t scopes) {
    store::counter_page page;
    scalars values;
    values.text(after.tenant).text(after.scope).text(tenant).number(static_cast<std::int64_t>(scopes));
    const auto done = client_.ask("SELECT tenant, scope, windows FROM counters WHERE (tenant, scope) > ($1, $2) "
                                  "AND ($3 = '' OR tenant = $3) ORDER BY tenant, scope LIMIT $4::bigint",
                                  values, [&](reader& in) {
                                      page.last = {in.text(), in.text()};
                                      store::add_spent(page, store::take_windows(in), since_s);
                                  });
    if (!done) return std::unexpected(done.error());
    return page;
}

}
