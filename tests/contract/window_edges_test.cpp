// Where windows turn, over every store. Their clocks cannot be moved: the zone is chosen so that one turns now.
#include "ops.hpp"
#include "world.hpp"

namespace tollgate::test {

namespace {

using zone_ptr = std::shared_ptr<const time_zone>;

// A zone in which it is `local_s` seconds past midnight at `now`, give or take what a test takes to run.
zone_ptr zone_at(instant now, std::int64_t local_s) {
    const std::int64_t offset = local_s - now.seconds() % 86'400;
    return std::make_shared<const time_zone>("test", static_cast<std::int32_t>(offset),
                                             std::vector<time_zone::transition>{});
}

constexpr std::int64_t an_hour_before_midnight = 23 * 3600;

ledger::reserve_op spend_today(std::uint64_t n, zone_ptr zone) {
    auto op = reserve(id_of(n), {.limits = {cost_limit("tenant", window::day, 150)}});
    op.zone = std::move(zone);
    return op;
}

ledger::counter today(store::ledger_store& store, const ledger::reservation& hold) {
    return counter_at(store, {"acme", "tenant", window::day, hold.counters.at(0).start_s});
}

}

TEST_P(over_stores, a_hold_before_midnight_that_settles_after_it_counts_in_its_own_day) {
    const auto store = here->open_ledger();
    const instant now = here->now();
    const auto late = zone_at(now, an_hour_before_midnight), next_day = zone_at(now, 86'400 + 3600);
    const auto before = must_reserve(*store, spend_today(1, late));
    ASSERT_TRUE(before.admitted);
    EXPECT_FALSE(must_reserve(*store, spend_today(2, late)).admitted);
    const auto after = must_reserve(*store, spend_today(3, next_day));
    ASSERT_TRUE(after.admitted);
    ASSERT_NE(before.hold.counters, after.hold.counters);
    must_end(*store, settle(before.hold, 70));
    EXPECT_EQ(today(*store, before.hold).spent, usd_nano(70));
    EXPECT_EQ(today(*store, before.hold).held, usd_nano());
    EXPECT_EQ(today(*store, after.hold).spent, usd_nano());
    EXPECT_EQ(today(*store, after.hold).held, usd_nano(100));
    EXPECT_EQ(today(*store, after.hold).requests, 1);
    for (const auto& each : here->verify()) ADD_FAILURE() << each.where;
}

TEST_P(over_stores, limits_over_one_counter_touch_it_once) {
    const auto store = here->open_ledger();
    auto requests = cost_limit("tenant", window::total, 2);
    requests.what = measure::requests;
    const std::vector<limit_check> all{cost_limit("tenant", window::total, 500), requests,
                                       cost_limit("tenant", window::total, 400)};
    const auto first = must_reserve(*store, reserve(id_of(1), {.limits = all}));
    must_end(*store, settle(first.hold, 80));
    const auto second = must_reserve(*store, reserve(id_of(2), {.limits = all}));
    ASSERT_TRUE(second.admitted);
    EXPECT_FALSE(must_reserve(*store, reserve(id_of(3), {.limits = all})).admitted);
    const ledger::counter at = counter_at(*store, {"acme", "tenant", window::total, 0});
    EXPECT_EQ(at.spent, usd_nano(80));
    EXPECT_EQ(at.held, usd_nano(100));
    EXPECT_EQ(at.requests, 2);
    EXPECT_EQ(at.in_flight, 1);
    for (const auto& each : here->verify()) ADD_FAILURE() << each.where;
}

}
