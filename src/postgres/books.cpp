#include "accounts.hpp"

#include "statements.hpp"

#include <tollgate/store/seed_rows.hpp>

namespace tollgate::postgres {

namespace {

using store::tenant_books;
using store::touched_sum;

// What one tenant's books are read from, and how a row of each answer is taken. One snapshot for all.
struct book_query {
    std::string sql;
    void (*take)(tenant_books& books, reader& in);
};

touched_sum take_sum(reader& in) {
    touched_sum sum;
    sum.counters = in.text();
    sum.rows = in.number();
    sum.amount = usd_nano(in.number());
    sum.tokens = in.number();
    return sum;
}

void take_counters(tenant_books& books, reader& in) {
    const std::string scope = in.text();
    for (const store::window_counter& each : store::take_windows(in))
        books.counters[{books.tenant, scope, each.span, each.start_s}] = each.at;
}

void take_entry_sum(tenant_books& books, reader& in) {
    const auto debit = store::parse_account(in.text()), credit = store::parse_account(in.text());
    if (!debit || !credit) return in.damaged("entries.debit, entries.credit");
    books.entries.push_back({*debit, *credit, usd_nano(in.number())});
}

std::vector<book_query> book_queries() {
    return {
        {"SELECT scope, windows FROM counters WHERE tenant = $1", take_counters},
        {"SELECT " + store::column_names(store::seed_columns) + " FROM counter_seeds WHERE tenant = $1",
         [](tenant_books& books, reader& in) { books.seeds.push_back(store::take_seed(in)); }},
        {"SELECT " + store::column_names(store::balance_columns) + " FROM balances WHERE tenant = $1",
         [](tenant_books& books, reader& in) { books.balance = store::take_balance(in); }},
        {"SELECT coalesce(sum(remaining), 0)::bigint FROM grants WHERE tenant = $1",
         [](tenant_books& books, reader& in) { books.grants_remaining = usd_nano(in.number()); }},
        {"SELECT counters, count(*), sum(charged)::bigint, sum(tokens)::bigint FROM usage_events "
         "WHERE tenant = $1 AND counted GROUP BY counters",
         [](tenant_books& books, reader& in) { books.usage.push_back(take_sum(in)); }},
        {"SELECT counters, count(*), sum(amount)::bigint, sum(tokens)::bigint FROM reservations "
         "WHERE tenant = $1 GROUP BY counters",
         [](tenant_books& books, reader& in) { books.holds.push_back(take_sum(in)); }},
        {"SELECT coalesce(sum(amount), 0)::bigint FROM reservations WHERE tenant = $1 AND prepaid",
         [](tenant_books& books, reader& in) { books.held_prepaid = usd_nano(in.number()); }},
        {"SELECT coalesce(sum(charged), 0)::bigint FROM usage_events WHERE tenant = $1 AND ended IS NOT NULL",
         [](tenant_books& books, reader& in) { books.charged = usd_nano(in.number()); }},
        {"SELECT debit, credit, sum(amount)::bigint FROM entries WHERE tenant = $1 GROUP BY debit, credit",
         take_entry_sum},
        {"SELECT clock_timestamp() WHERE $1 <> ''", [](tenant_books& books, reader& in) { books.now = in.time(); }},
    };
}

}

store_result<tenant_books> accounts::read_books(const tenant_id& tenant) {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    tenant_books books;
    books.tenant = tenant;
    const std::vector<book_query> queries = book_queries();
    scalars values;
    values.text(tenant);
    (*db)->query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    for (const book_query& each : queries) (*db)->query(each.sql, values.finish());
    (*db)->query("COMMIT");
    auto done = (*db)->run([&](std::size_t i, reader& in) { queries.at(i - 1).take(books, in); });
    if (done) return books;
    (*db)->give_up(); // the transaction may be open still
    return std::unexpected(done.error());
}

// The next tenant of each table by its key, so that no table is read as a whole.
store_result<std::vector<tenant_id>> accounts::tenants() {
    std::vector<tenant_id> all;
    for (bool more = true; more;) {
        more = false;
        scalars last;
        last.text(all.empty() ? tenant_id() : all.back());
        const auto done = client_.ask("SELECT min(t) FROM (SELECT min(tenant) AS t FROM counters WHERE tenant > $1 "
                                      "UNION ALL SELECT min(tenant) FROM balances WHERE tenant > $1 "
                                      "UNION ALL SELECT min(tenant) FROM reservations WHERE tenant > $1 "
                                      "UNION ALL SELECT min(tenant) FROM usage_events WHERE tenant > $1 "
                                      "UNION ALL SELECT min(tenant) FROM entries WHERE tenant > $1) AS next",
                                      last, [&](reader& in) {
                                          auto next = in.optional_text();
                                          if (!next) return;
                                          all.push_back(std::move(*next));
                                          more = true;
                                      });
        if (!done) return std::unexpected(done.error());
    }
    return all;
}

store_result<std::vector<store::discrepancy>>
accounts::verify(const std::optional<tenant_id>& tenant,
                 const std::function<void(std::size_t, std::size_t)>& progress) {
    std::vector<tenant_id> all;
    if (tenant) {
        all.push_back(*tenant);
    } else {
        auto every = tenants();
        if (!every) return std::unexpected(every.error());
        all = std::move(*every);
    }
    std::vector<store::discrepancy> found;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto books = read_books(all[i]);
        if (!books) return std::unexpected(books.error());
        for (auto& each : store::compare(*books)) found.push_back(std::move(each));
        if (progress) progress(i + 1, all.size());
    }
    return found;
}

}
