#include <tollgate/store/verify.hpp>

#include <tollgate/store/codec.hpp>

#include <gtest/gtest.h>

namespace tollgate::store {

namespace {

constexpr std::int64_t now_s = 1'782'864'000;

// One settled and one open request on a counter that starts at `start_s`.
tenant_books books(window span, std::int64_t start_s) {
    tenant_books out;
    out.tenant = "acme";
    out.now = instant::from_seconds(now_s);
    const std::string counters = pack_touched({{"tenant", span, start_s}});
    out.usage = {{counters, 1, usd_nano(60), 10}};
    out.holds = {{counters, 1, usd_nano(100), 20}};
    out.charged = usd_nano(60);
    out.entries = {{ledger::account::receivable, ledger::account::revenue, usd_nano(60)}};
    out.counters[{"acme", "tenant", span, start_s}] = {usd_nano(60), usd_nano(100), 2, 10, 20, 1};
    return out;
}

}

TEST(verify, books_that_add_up_show_nothing) { EXPECT_TRUE(compare(books(window::month, now_s)).empty()); }

TEST(verify, a_counter_is_what_touched_it_and_its_seed) {
    tenant_books seeded = books(window::month, now_s);
    ledger::seed seed;
    seed.key = seeded.counters.begin()->first;
    seed.spent = usd_nano(7);
    seed.requests = 3;
    seed.tokens = 4;
    seeded.seeds = {seed};
    EXPECT_EQ(compare(seeded).size(), 1u);
    seeded.counters[seed.key].spent += usd_nano(7);
    seeded.counters[seed.key].requests += 3;
    seeded.counters[seed.key].tokens += 4;
    EXPECT_TRUE(compare(seeded).empty());
    seeded.counters.clear(); // a seed whose counter is gone is found too
    EXPECT_EQ(compare(seeded).size(), 1u);
}

TEST(verify, each_field_of_a_counter_is_compared) {
    using field = void (*)(ledger::counter&);
    const field fields[] = {
        [](ledger::counter& c) { c.spent += usd_nano(1); }, [](ledger::counter& c) { c.held += usd_nano(1); },
        [](ledger::counter& c) { c.requests += 1; },        [](ledger::counter& c) { c.tokens += 1; },
        [](ledger::counter& c) { c.tokens_held += 1; },     [](ledger::counter& c) { c.in_flight += 1; },
    };
    for (const field change : fields) {
        tenant_books damaged = books(window::month, now_s);
        change(damaged.counters.begin()->second);
        EXPECT_EQ(compare(damaged).size(), 1u);
    }
}

TEST(verify, a_counter_is_skipped_from_the_moment_it_may_be_pruned) {
    struct row {
        window span;
        std::int64_t age_s;
        std::size_t found;
    };
    const row rows[] = {
        {window::minute, 2 * 3'600 - 1, 1}, {window::minute, 2 * 3'600, 0}, {window::hour, 72 * 3'600 - 1, 1},
        {window::hour, 72 * 3'600, 0},      {window::day, 400 * 86'400, 1}, {window::total, now_s, 1},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.age_s);
        tenant_books gone = books(r.span, now_s - r.age_s);
        gone.counters.clear();
        EXPECT_EQ(compare(gone).size(), r.found);
    }
}

TEST(verify, a_counter_is_skipped_when_its_row_has_two_newer_windows_of_its_kind) {
    constexpr std::int64_t day_s = 86'400;
    const auto damaged_with = [&](std::vector<std::pair<window, std::int64_t>> others) {
        tenant_books damaged = books(window::day, now_s - 10 * day_s);
        damaged.counters.begin()->second.spent += usd_nano(1);
        for (const auto& [span, start_s] : others) {
            damaged.counters[{"acme", "tenant", span, start_s}] = {usd_nano(1), usd_nano(), 1, 0, 0, 0};
            damaged.usage.push_back({pack_touched({{"tenant", span, start_s}}), 1, usd_nano(1), 0});
        }
        damaged.charged = usd_nano(60);
        return compare(damaged).size();
    };
    EXPECT_EQ(damaged_with({}), 1u);
    EXPECT_EQ(damaged_with({{window::day, now_s}}), 1u);
    EXPECT_EQ(damaged_with({{window::day, now_s}, {window::week, now_s}}), 1u);
    EXPECT_EQ(damaged_with({{window::day, now_s}, {window::day, now_s - 20 * day_s}}), 1u);
    EXPECT_EQ(damaged_with({{window::day, now_s}, {window::day, now_s - day_s}}), 0u);
}

TEST(verify, prepaid_money_is_compared_with_its_entries) {
    using ledger::account;
    tenant_books out;
    out.tenant = "acme";
    out.balance.emplace();
    out.balance->now.credited = usd_nano(90);
    out.balance->now.spent = usd_nano(100);
    out.balance->burned = usd_nano(90);
    out.charged = usd_nano(100);
    out.entries = {{account::cash_clearing, account::prepaid, usd_nano(100)},
                   {account::prepaid, account::breakage, usd_nano(10)},
                   {account::prepaid, account::revenue, usd_nano(90)},
                   {account::receivable, account::revenue, usd_nano(10)}};
    EXPECT_TRUE(compare(out).empty());
    out.entries.push_back({account::refunds, account::prepaid, usd_nano(5)});
    EXPECT_EQ(compare(out).size(), 2u); // credited, and what the account holds
}

TEST(verify, an_unreadable_list_of_counters_is_reported) {
    tenant_books out = books(window::month, now_s);
    out.usage[0].counters = "?";
    const auto found = compare(out);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].found, "?");
}

}
