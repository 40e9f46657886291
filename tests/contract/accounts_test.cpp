#include "ops.hpp"
#include "world.hpp"

namespace tollgate::test {

namespace {

// A row with every column set to something that a mix-up of columns would show.
ledger::usage_row full_row(request_id id) {
    ledger::usage_row row;
    row.id = id;
    row.tenant = "acme";
    row.key = "key_9";
    row.workspace = "w";
    row.feature = "support";
    row.agent = "a1";
    row.end_user = "user-ü";
    row.model_requested = "gpt-5";
    row.model_served = "gpt-5-mini";
    row.provider = "openai";
    row.decision = "allow";
    row.code = "stream_truncated";
    row.settlement_status = "charged";
    row.status = 502;
    row.used = {11, 2, 3, 4, 13, 5, 6, 7, 8, 9};
    row.estimated = usd_nano(1'001);
    row.charged = usd_nano(1'002);
    row.provider_cost = usd_nano(1'003);
    row.source = cost_source::counted;
    row.overage = true;
    row.late = true;
    row.at = instant{1'782'950'400'123'456};
    row.counters = {{"tenant", window::month, 1'761'955'200}, {"agent=a1;feature=x:1", window::total, 0}};
    row.counted = true;
    row.tokens = 24;
    row.ended = ledger::ending::expired;
    row.provisional = true;
    row.record = R"({"a":[1,2],"b":"'\\"})";
    return row;
}

void expect_same(const ledger::usage_row& a, const ledger::usage_row& b) {
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.tenant, b.tenant);
    const auto names = [](const ledger::usage_row& r) {
        return std::vector<std::string>{
            r.key,          r.workspace, r.feature,  r.agent, r.end_user,          r.model_requested,
            r.model_served, r.provider,  r.decision, r.code,  r.settlement_status, r.record};
    };
    EXPECT_EQ(names(a), names(b));
    EXPECT_EQ(a.used, b.used);
    const auto numbers = [](const ledger::usage_row& r) {
        return std::vector<std::int64_t>{r.status,
                                         r.estimated.count(),
                                         r.charged.count(),
                                         r.provider_cost.count(),
                                         static_cast<int>(r.source),
                                         r.overage,
                                         r.late,
                                         r.at.us,
                                         r.counted,
                                         r.tokens,
                                         r.ended ? static_cast<int>(*r.ended) : -1,
                                         r.provisional};
    };
    EXPECT_EQ(numbers(a), numbers(b));
    EXPECT_EQ(a.counters, b.counters);
}

void write(world& here, const std::vector<ledger::usage_row>& rows) {
    const auto store = here.open_ledger();
    ASSERT_TRUE(store->begin([](instant) { return ledger::wanted{}; }).has_value());
    ledger::changes all;
    all.usage.assign(rows.begin(), rows.end());
    const auto done = store->commit(all);
    ASSERT_TRUE(done.has_value()) << done.error().detail;
}

}

TEST_P(over_databases, movements_of_a_balance_are_told_without_charges) {
    const auto store = here->open_ledger();
    must_run(*store, {top_up("mover", "k1", 500, id_of(901))});
    const auto held = must_reserve(*store, reserve(id_of(902), {.tenant = "mover", .amount = 100, .prepaid = true}));
    ASSERT_TRUE(held.admitted);
    must_end(*store, settle(held.hold, 60));
    must_run(*store, {top_up("mover", "k2", 7, id_of(903)), top_up("other", "k3", 8, id_of(904))});
    const auto all = accounts()->balance_movements("mover", {});
    ASSERT_TRUE(all.has_value()) << all.error().detail;
    ASSERT_EQ(all->size(), 2U);
    EXPECT_EQ((*all)[0].amount, usd_nano(500));
    EXPECT_EQ((*all)[1].amount, usd_nano(7));
    for (const auto& each : *all) EXPECT_EQ(each.credit, ledger::account::prepaid);
    const instant after{(*all)[1].at.us + 1};
    EXPECT_TRUE(accounts()->balance_movements("mover", after).value().empty());
    EXPECT_EQ(accounts()->balance_movements("mover", (*all)[1].at).value().back().amount, usd_nano(7));
}

TEST_P(over_databases, a_usage_row_comes_back_as_it_was_written) {
    write(*here, {full_row(id_of(1))});
    const auto db = accounts();
    const auto mine = db->request("acme", id_of(1));
    ASSERT_TRUE(mine.has_value() && mine->has_value());
    expect_same(**mine, full_row(id_of(1)));
    const auto any = db->request(id_of(1));
    ASSERT_TRUE(any.has_value() && any->has_value());
    expect_same(**any, full_row(id_of(1)));
    EXPECT_FALSE(db->request("beta", id_of(1)).value().has_value());
    EXPECT_FALSE(db->request(id_of(2)).value().has_value());
}

TEST_P(over_databases, a_usage_row_written_twice_stays_as_it_was_first) {
    auto second = full_row(id_of(1));
    second.charged = usd_nano(5);
    write(*here, {full_row(id_of(1))});
    write(*here, {second});
    EXPECT_EQ(accounts()->request(id_of(1)).value()->charged, usd_nano(1'002));
}

TEST_P(over_databases, a_correction_and_a_refund_do_not_undo_each_other) {
    write(*here, {full_row(id_of(1))});
    const auto store = here->open_ledger();
    ASSERT_TRUE(store->begin([](instant) { return ledger::wanted{}; }).has_value());
    ledger::changes both;
    auto corrected = full_row(id_of(1));
    corrected.charged = usd_nano(700);
    both.usage_corrected.emplace_back(corrected);
    both.refunds = {{"acme", id_of(1), usd_nano(300)}};
    ASSERT_TRUE(store->commit(both).has_value());
    const auto row = accounts()->request(id_of(1)).value();
    EXPECT_EQ(row->charged, usd_nano(700));
    EXPECT_EQ(row->refunded, usd_nano(300));
    EXPECT_EQ(row->settlement_status, "refunded");
}

TEST_P(over_databases, requests_of_any_month_are_kept_and_found) {
    const request_id old = request_id::make(1'000, 1, 1), present = request_id::make(here->now().ms(), 1, 1);
    write(*here, {full_row(old), full_row(present), full_row(id_of(1))});
    const auto db = accounts();
    for (const request_id id : {old, present, id_of(1)}) EXPECT_TRUE(db->request(id).value().has_value());
}

TEST_P(over_databases, pages_visit_every_row_of_the_period_once) {
    std::vector<ledger::usage_row> rows;
    constexpr std::int64_t start = 1'784'030'400'000;
    for (std::uint64_t i = 0; i < 25; ++i) {
        rows.push_back(full_row(id_of(i + 1)));
        rows.back().at = instant::from_ms(start + static_cast<std::int64_t>(i));
        if (i % 5 == 4) rows.back().tenant = "beta";
    }
    write(*here, rows);
    const auto db = accounts();
    const store::usage_query period{"acme", instant::from_ms(start + 1), instant::from_ms(start + 23)};
    std::vector<request_id> seen;
    for (request_id after;;) {
        const auto page = db->usage_page(period, after, 4);
        ASSERT_TRUE(page.has_value()) << page.error().detail;
        if (page->empty()) break;
        EXPECT_LE(page->size(), 4u);
        for (const auto& row : *page) seen.push_back(row.id);
        after = seen.back();
    }
    std::vector<request_id> expected;
    for (std::uint64_t i = 1; i < 23; ++i)
        if (i % 5 != 4) expected.push_back(id_of(i + 1));
    EXPECT_EQ(seen, expected);
}

TEST_P(over_databases, usage_is_summed_by_what_is_asked) {
    std::vector<ledger::usage_row> rows;
    for (std::uint64_t i = 0; i < 6; ++i) {
        rows.push_back(full_row(id_of(i + 1)));
        rows.back().feature = i % 2 == 0 ? "chat" : "support";
        if (i == 5) rows.back().decision = "refuse";
        rows.back().at = instant::from_seconds(1'782'864'000 + static_cast<std::int64_t>(i)); // 2026-07-01
    }
    write(*here, rows);
    const auto db = accounts();
    const store::usage_query july{"acme", instant::from_seconds(1'782'864'000), instant::from_seconds(1'785'542'400)};
    const auto groups = db->usage_groups(july, {"feature", "day", "key"});
    ASSERT_TRUE(groups.has_value()) << groups.error().detail;
    ASSERT_EQ(groups->size(), 2u);
    EXPECT_EQ(groups->at(0).by, (std::vector<std::string>{"chat", "2026-07-01", "key_9"}));
    EXPECT_EQ(groups->at(0).requests, 3);
    EXPECT_EQ(groups->at(0).refused, 0);
    EXPECT_EQ(groups->at(1).refused, 1);
    EXPECT_EQ(groups->at(1).charged, usd_nano(3 * 1'002));
    EXPECT_EQ(groups->at(1).provider_cost, usd_nano(3 * 1'003));
    EXPECT_EQ(groups->at(1).estimated, usd_nano(3 * 1'001));
    EXPECT_EQ(groups->at(1).prompt_tokens, 33);
    EXPECT_EQ(groups->at(1).completion_tokens, 39);
    EXPECT_EQ(groups->at(1).cached_tokens, 6);
    EXPECT_EQ(db->usage_groups(july, {})->at(0).requests, 6);
    const store::usage_query none{"nobody", july.from, july.to};
    EXPECT_EQ(db->usage_groups(none, {})->at(0).requests, 0);
    EXPECT_TRUE(db->usage_groups(none, {"feature"})->empty());
    EXPECT_FALSE(db->usage_groups(july, {"record"}).has_value());
}

TEST_P(over_databases, counters_with_money_are_listed_scope_by_scope) {
    const auto store = here->open_ledger();
    for (const char* agent : {"agent=a", "agent=b", "agent=c"}) {
        const auto id = id_of(static_cast<std::uint64_t>(agent[6]));
        must_reserve(*store, reserve(id, {.limits = {cost_limit(agent, window::total, 1'000),
                                                     cost_limit(agent, window::month, 1'000)}}));
    }
    must_reserve(*store, reserve(id_of(1), {.amount = 0, .limits = {cost_limit("agent=z", window::total, 1'000)}}));
    const auto db = accounts();
    std::vector<std::string> seen;
    std::optional<store::scope_key> after = store::scope_key{"acme", {}};
    for (int pages = 0; after && pages < 9; ++pages) {
        const auto page = db->counters_after(*after, "acme", here->now().seconds() - 40 * 86'400, 2);
        ASSERT_TRUE(page.has_value());
        for (const auto& [key, at] : page->counters)
            seen.push_back(key.scope + " " + std::string(name_of(key.span)) + " " + to_usd(at.held));
        after = page->last;
    }
    EXPECT_FALSE(after.has_value());
    EXPECT_EQ(seen, (std::vector<std::string>{"agent=a month 0.0000001", "agent=a total 0.0000001",
                                              "agent=b month 0.0000001", "agent=b total 0.0000001",
                                              "agent=c month 0.0000001", "agent=c total 0.0000001"}));
    const auto later = db->counters_after({"acme", {}}, "acme", here->now().seconds() + 1, 10);
    ASSERT_TRUE(later.has_value());
    EXPECT_EQ(later->counters.size(), 3u); // of all time
    EXPECT_TRUE(db->counters_after({}, "beta", 0, 10)->counters.empty());
}

TEST_P(over_databases, counters_balances_and_entries_are_shown) {
    const auto store = here->open_ledger();
    must_run(*store, {top_up("acme", "k1", 500, id_of(100))});
    const auto hold =
        must_reserve(*store,
                     reserve(id_of(1), {.prepaid = true, .limits = {cost_limit("tenant", window::total, 1'000)}}))
            .hold;
    must_end(*store, settle(hold, 60));
    const auto db = accounts();
    const ledger::counter_key there{"acme", "tenant", window::total, 0}, absent{"acme", "tenant", window::day, 0};
    const auto found = db->counters({absent, there});
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), 1u);
    EXPECT_EQ(found->at(0).first, there);
    EXPECT_EQ(found->at(0).second.spent, usd_nano(60));

    const auto balance = db->balance("acme");
    ASSERT_TRUE(balance.has_value() && balance->has_value());
    EXPECT_EQ((*balance)->now.credited, usd_nano(500));
    EXPECT_EQ((*balance)->now.spent, usd_nano(60));
    ASSERT_EQ((*balance)->grants.size(), 1u);
    EXPECT_EQ((*balance)->grants[0].amount, usd_nano(500));
    EXPECT_EQ((*balance)->grants[0].transaction, id_of(100));
    EXPECT_FALSE(db->balance("beta").value().has_value());

    const auto entries = db->entries("acme", 10);
    ASSERT_TRUE(entries.has_value());
    ASSERT_EQ(entries->size(), 3u);
    EXPECT_EQ(entries->at(0).transaction, id_of(100)); // newest first
    EXPECT_EQ(entries->at(0).kind, "top_up");
    EXPECT_EQ(entries->at(0).debit, ledger::account::cash_clearing);
    EXPECT_EQ(entries->at(0).credit, ledger::account::prepaid);
    EXPECT_EQ(entries->at(0).idempotency_key, "k1");
    EXPECT_EQ(entries->at(0).reason, "bank transfer");
    EXPECT_EQ(entries->at(0).actor, "billing");
    EXPECT_FALSE(entries->at(0).reverses.has_value());
    EXPECT_EQ(db->entries("acme", 1)->size(), 1u);
}

TEST_P(over_databases, the_clock_of_the_store_goes_forward) {
    const auto db = accounts();
    const auto first = db->now(), second = db->now();
    ASSERT_TRUE(first.has_value() && second.has_value());
    EXPECT_LE(*first, *second);
    EXPECT_GT(*first, *parse_rfc3339("2026-01-01"));
}

}
