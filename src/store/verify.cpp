#include <tollgate/store/verify.hpp>

#include <tollgate/core/limits.hpp>
#include <tollgate/store/codec.hpp>
#include <tollgate/store/scope_rows.hpp>

namespace tollgate::store {

namespace {

using ledger::account;
using counters = std::map<ledger::counter_key, ledger::counter>;

std::string show(const ledger::counter& c) {
    return "spent " + to_usd(c.spent) + " held " + to_usd(c.held) + " requests " + std::to_string(c.requests) +
           " tokens " + std::to_string(c.tokens) + " tokens_held " + std::to_string(c.tokens_held) + " in_flight " +
           std::to_string(c.in_flight);
}

std::string show(const ledger::counter_key& key) {
    return key.tenant + "/" + key.scope + "/" + std::string(name_of(key.span)) + "/" + std::to_string(key.start_s);
}

// Where `sum` belongs, added by `add`. Returns what could not be read.
template <class Add>
void spread(const tenant_books& books, const touched_sum& sum, std::vector<discrepancy>& found, Add add) {
    const auto rows = unpack_touched(sum.counters);
    if (!rows) {
        found.push_back({"counter", books.tenant, "a list of counters", sum.counters});
        return;
    }
    for (const ledger::touched& row : *rows) add(ledger::counter_key{books.tenant, row.scope, row.span, row.start_s});
}

counters expected_counters(const tenant_books& books, std::vector<discrepancy>& found) {
    counters all;
    for (const touched_sum& sum : books.usage)
        spread(books, sum, found, [&](const ledger::counter_key& key) {
            ledger::counter& at = all[key];
            at.requests += sum.rows;
            at.spent += sum.amount;
            at.tokens += sum.tokens;
        });
    for (const touched_sum& sum : books.holds)
        spread(books, sum, found, [&](const ledger::counter_key& key) {
            ledger::counter& at = all[key];
            at.requests += sum.rows;
            at.in_flight += sum.rows;
            at.held += sum.amount;
            at.tokens_held += sum.tokens;
        });
    for (const ledger::seed& seed : books.seeds) {
        ledger::counter& at = all[seed.key];
        at.requests += seed.requests;
        at.spent += seed.spent;
        at.tokens += seed.tokens;
    }
    return all;
}

// As many newer windows of its kind are there as a row keeps: it may have been left out, or made again by a late
// settlement.
bool may_be_left_out(const counters& stored, const ledger::counter_key& key) {
    auto newer = stored.upper_bound(key);
    for (std::size_t i = 0; i < windows_kept; ++i, ++newer)
        if (newer == stored.end() || newer->first.scope != key.scope || newer->first.span != key.span) return false;
    return true;
}

void compare_counters(const tenant_books& books, std::vector<discrepancy>& found) {
    counters expected = expected_counters(books, found);
    for (const auto& [key, unused] : books.counters) expected.try_emplace(key);
    for (const auto& [key, should] : expected) {
        if (may_be_pruned(key.span, key.start_s, books.now) || may_be_left_out(books.counters, key)) continue;
        const auto stored = books.counters.find(key);
        const ledger::counter is = stored == books.counters.end() ? ledger::counter{} : stored->second;
        if (is != should) found.push_back({"counter", show(key), show(should), show(is)});
    }
}

usd_nano moved(const tenant_books& books, account debit, account credit) {
    usd_nano sum;
    for (const entry_sum& each : books.entries)
        if (each.debit == debit && each.credit == credit) sum += each.amount;
    return sum;
}

// What came into prepaid, or left it, other than by charges.
usd_nano credited_by_entries(const tenant_books& books) {
    usd_nano sum;
    for (const entry_sum& each : books.entries) {
        const account other = each.credit == account::prepaid ? each.debit : each.credit;
        if (other == account::revenue || other == account::receivable) continue;
        if (each.credit == account::prepaid) sum += each.amount;
        if (each.debit == account::prepaid) sum -= each.amount;
    }
    return sum;
}

usd_nano prepaid_by_entries(const tenant_books& books) {
    usd_nano sum;
    for (const entry_sum& each : books.entries) {
        if (each.credit == account::prepaid) sum += each.amount;
        if (each.debit == account::prepaid) sum -= each.amount;
    }
    return sum;
}

void compare_balance(const tenant_books& books, std::vector<discrepancy>& found) {
    const ledger::balance_row is = books.balance.value_or(ledger::balance_row{});
    const auto check = [&](const char* what, const char* which, usd_nano should, usd_nano has) {
        if (should != has) found.push_back({what, books.tenant + "/" + which, to_usd(should), to_usd(has)});
    };
    check("balance", "credited", credited_by_entries(books), is.now.credited);
    // The prepaid account holds what was credited and not spent; past that, spending is owed (receivable).
    check("balance", "prepaid", prepaid_by_entries(books), std::max(usd_nano(), is.now.credited - is.now.spent));
    check("balance", "grants", is.now.credited - is.burned, books.grants_remaining);
    check("held", "prepaid", books.held_prepaid, is.now.held);
    const usd_nano revenue =
        moved(books, account::prepaid, account::revenue) + moved(books, account::receivable, account::revenue) -
        moved(books, account::revenue, account::prepaid) - moved(books, account::revenue, account::receivable);
    check("entries", "revenue", books.charged, revenue);
}

}

std::optional<std::int64_t> kept_s(window span) {
    switch (span) {
    case window::minute: return limits::minute_counter_kept_s;
    case window::hour: return limits::hour_counter_kept_s;
    case window::day:
    case window::week:
    case window::month:
    case window::total: return std::nullopt;
    }
    return std::nullopt;
}

bool may_be_pruned(window span, std::int64_t start_s, instant now) {
    const auto kept = kept_s(span);
    return kept && start_s + *kept <= now.seconds();
}

std::vector<discrepancy> compare(const tenant_books& books) {
    std::vector<discrepancy> found;
    compare_counters(books, found);
    compare_balance(books, found);
    return found;
}

}
