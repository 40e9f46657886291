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

store_result<std::vector<std::pair<tollgate::ledger::counter_key, tollgate::ledger::counter>>>
accounts::counters_after(const tollgate::ledger::counter_key& after, const tenant_id& tenant, std::int64_t since_s,
                         std::size_t count) {
    std::vector<std::pair<tollgate::ledger::counter_key, tollgate::ledger::counter>> found;
    scalars values;
    values.text(after.tenant).text(after.scope).number(static_cast<int>(after.span)).number(after.start_s);
    values.text(tenant).number(since_s).number(static_cast<std::int64_t>(count));
    const auto done =
        client_.ask("SELECT tenant, scope, span, start_s, " + store::column_names(store::counter_columns) +
                        " FROM counters WHERE (tenant, scope, span, start_s) > ($1, $2, $3::bigint, $4::bigint) "
                        "AND ($5 = '' OR tenant = $5) AND (start_s >= $6::bigint OR start_s = 0) AND spent + held > 0 "
                        "ORDER BY tenant, scope, span, start_s LIMIT $7::bigint",
                    values, [&](reader& in) {
                        tollgate::ledger::counter_key key{in.text(), in.text(), window::total, 0};
                        key.span = static_cast<window>(in.number());
                        key.start_s = in.number();
                        found.emplace_back(std::move(key), store::take_counter(in));
                    });
    if (!done) return std::unexpected(done.error());
    return found;
}

}
