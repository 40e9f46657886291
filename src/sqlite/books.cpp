#include "accounts.hpp"
#include "ledger.hpp"
#include "statements.hpp"

#include <tollgate/store/seed_rows.hpp>

namespace tollgate::sqlite {

namespace {

using store::tenant_books;
using store::touched_sum;

void read_counters(session& db, tenant_books& books) {
    db.prepare("SELECT scope, windows FROM counters WHERE tenant = ?").text(books.tenant);
    db.each([&](reader& in) {
        const std::string scope = in.text();
        for (const store::window_counter& each : store::take_windows(in))
            books.counters[{books.tenant, scope, each.span, each.start_s}] = each.at;
    });
    static const std::string seeds = select_from("counter_seeds", store::seed_columns, "WHERE tenant = ?");
    db.prepare(seeds).text(books.tenant);
    db.each([&](reader& in) { books.seeds.push_back(store::take_seed(in)); });
}

void read_balance(session& db, tenant_books& books) {
    static const std::string sql = select_from("balances", store::balance_columns, "WHERE tenant = ?");
    db.prepare(sql).text(books.tenant);
    db.each([&](reader& in) { books.balance = store::take_balance(in); });
    db.prepare("SELECT coalesce(sum(remaining), 0) FROM grants WHERE tenant = ?").text(books.tenant);
    db.each([&](reader& in) { books.grants_remaining = usd_nano(in.number()); });
}

std::vector<touched_sum> read_sums(session& db, const char* sql, const tenant_id& tenant) {
    std::vector<touched_sum> sums;
    db.prepare(sql).text(tenant);
    db.each([&](reader& in) {
        touched_sum& sum = sums.emplace_back();
        sum.counters = in.text();
        sum.rows = in.number();
        sum.amount = usd_nano(in.number());
        sum.tokens = in.number();
    });
    return sums;
}

void read_usage(session& db, tenant_books& books) {
    books.usage = read_sums(db,
                            "SELECT counters, count(*), sum(charged), sum(tokens) FROM usage_events "
                            "WHERE tenant = ? AND counted <> 0 GROUP BY counters",
                            books.tenant);
    books.holds = read_sums(db,
                            "SELECT counters, count(*), sum(amount), sum(tokens) FROM reservations "
                            "WHERE tenant = ? GROUP BY counters",
                            books.tenant);
    db.prepare("SELECT coalesce(sum(amount), 0) FROM reservations WHERE tenant = ? AND prepaid <> 0")
        .text(books.tenant);
    db.each([&](reader& in) { books.held_prepaid = usd_nano(in.number()); });
    db.prepare("SELECT coalesce(sum(charged), 0) FROM usage_events WHERE tenant = ? AND ended IS NOT NULL")
        .text(books.tenant);
    db.each([&](reader& in) { books.charged = usd_nano(in.number()); });
}

void read_entries(session& db, tenant_books& books) {
    db.prepare("SELECT debit, credit, sum(amount) FROM entries WHERE tenant = ? GROUP BY debit, credit")
        .text(books.tenant);
    db.each([&](reader& in) {
        const auto debit = store::parse_account(in.text()), credit = store::parse_account(in.text());
        if (!debit || !credit) return in.damaged("entries.debit, entries.credit");
        books.entries.push_back({*debit, *credit, usd_nano(in.number())});
    });
}

}

store_result<tenant_books> read_books(session& db, const tenant_id& tenant) {
    tenant_books books;
    books.tenant = tenant;
    books.now = clock_now();
    db.begin_read();
    read_counters(db, books);
    read_balance(db, books);
    read_usage(db, books);
    read_entries(db, books);
    if (auto done = db.commit(); !done) return std::unexpected(done.error());
    return books;
}

// The next tenant of each table by its key, so that no table is read as a whole.
std::vector<tenant_id> accounts::tenants() {
    std::vector<tenant_id> all;
    for (bool more = true; more;) {
        more = false;
        const tenant_id last = all.empty() ? tenant_id() : all.back();
        binder& out = db_->prepare("SELECT min(t) FROM (SELECT min(tenant) AS t FROM counters WHERE tenant > ? "
                                   "UNION ALL SELECT min(tenant) FROM balances WHERE tenant > ? "
                                   "UNION ALL SELECT min(tenant) FROM reservations WHERE tenant > ? "
                                   "UNION ALL SELECT min(tenant) FROM usage_events WHERE tenant > ? "
                                   "UNION ALL SELECT min(tenant) FROM entries WHERE tenant > ?)");
        for (int i = 0; i < 5; ++i) out.text(last);
        db_->each([&](reader& in) {
            auto next = in.optional_text();
            if (!next) return;
            all.push_back(std::move(*next));
            more = true;
        });
    }
    return all;
}

store_result<std::vector<store::discrepancy>>
accounts::verify(const std::optional<tenant_id>& tenant,
                 const std::function<void(std::size_t, std::size_t)>& progress) {
    const std::vector<tenant_id> all = tenant ? std::vector<tenant_id>{*tenant} : tenants();
    if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
    std::vector<store::discrepancy> found;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto books = read_books(*db_, all[i]);
        if (!books) return std::unexpected(books.error());
        for (auto& each : store::compare(*books)) found.push_back(std::move(each));
        if (progress) progress(i + 1, all.size());
    }
    return found;
}

}
