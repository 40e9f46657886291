// Where one window ends and the next begins, as the ledger counts.
#include "support.hpp"

namespace tollgate::ledger {

namespace {

using zone_ptr = std::shared_ptr<const time_zone>;

// The changes of 2026, and the offset before them.
zone_ptr berlin() {
    return std::make_shared<const time_zone>(
        "Europe/Berlin", 3600,
        std::vector<time_zone::transition>{{1'774'746'000, 7200},
                                           {1'792'890'000, 3600}}); // 29 March, 25 October, 01:00 UTC
}
zone_ptr new_york() {
    return std::make_shared<const time_zone>(
        "America/New_York", -5 * 3600,
        std::vector<time_zone::transition>{{1'772'953'200, -4 * 3600},
                                           {1'793'512'800, -5 * 3600}}); // 8 March, 1 November
}

instant at(std::string_view rfc3339) { return parse_rfc3339(rfc3339).value(); }

struct edge {
    const char* what;
    zone_ptr zone;
    window span;
    const char* last;      // the last second of one window
    const char* first;     // the first of the next one
    std::int64_t length_s; // of the window that ends
};

std::vector<edge> edges() {
    return {
        {"midnight", time_zone::utc(), window::day, "2026-06-15T23:59:59Z", "2026-06-16T00:00:00Z", 86'400},
        {"the end of a month in UTC", time_zone::utc(), window::month, "2026-06-30T23:59:59Z", "2026-07-01T00:00:00Z",
         30 * 86'400},
        {"the end of a month in Berlin", berlin(), window::month, "2026-06-30T21:59:59Z", "2026-06-30T22:00:00Z",
         30 * 86'400},
        {"the end of a month in New York", new_york(), window::month, "2026-07-01T03:59:59Z", "2026-07-01T04:00:00Z",
         30 * 86'400},
        {"the 23 hours of 29 March in Berlin", berlin(), window::day, "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z",
         23 * 3600},
        {"the 25 hours of 25 October in Berlin", berlin(), window::day, "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z",
         25 * 3600},
        {"the 23 hours of 8 March in New York", new_york(), window::day, "2026-03-09T03:59:59Z", "2026-03-09T04:00:00Z",
         23 * 3600},
        {"the 25 hours of 1 November in New York", new_york(), window::day, "2026-11-02T04:59:59Z",
         "2026-11-02T05:00:00Z", 25 * 3600},
        {"March in Berlin, an hour short", berlin(), window::month, "2026-03-31T21:59:59Z", "2026-03-31T22:00:00Z",
         31 * 86'400 - 3600},
        {"29 February", time_zone::utc(), window::day, "2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z", 86'400},
        {"February of a leap year", time_zone::utc(), window::month, "2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z",
         29 * 86'400},
        {"February of another year", time_zone::utc(), window::month, "2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z",
         28 * 86'400},
        {"a week over new year", time_zone::utc(), window::week, "2027-01-03T23:59:59Z", "2027-01-04T00:00:00Z",
         7 * 86'400},
        {"a year in Berlin", berlin(), window::month, "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z", 31 * 86'400},
    };
}

reserve_op spend(std::uint64_t n, const edge& e, std::int64_t maximum = 100) {
    reserve_op op = reserve_of(n, 60, {cost_limit(maximum, e.span)});
    op.zone = e.zone;
    return op;
}

counter counter_at(const book& in, const edge& e, instant when) {
    const counter* found = in.rows.counters.find_row({"acme", "tenant", e.span, window_start(e.span, when, *e.zone)});
    return found ? *found : counter{};
}

}

TEST(window_edges, a_limit_holds_to_the_last_second_and_is_whole_again_with_the_next) {
    for (const edge& e : edges()) {
        SCOPED_TRACE(e.what);
        const std::int64_t begin = at(e.first).seconds() - e.length_s;
        book b;
        b.rows.now = instant::from_seconds(begin - 1); // of the window before: it must not count
        EXPECT_TRUE(b.one<reserve_outcome>(spend(1, e)).admitted);
        b.rows.now = instant::from_seconds(begin);
        EXPECT_TRUE(b.one<reserve_outcome>(spend(2, e)).admitted);
        b.rows.now = at(e.last);
        const auto refused = b.one<reserve_outcome>(spend(3, e));
        EXPECT_FALSE(refused.admitted);
        ASSERT_EQ(refused.readings.size(), 1u);
        EXPECT_EQ(refused.readings[0].start_s, begin);
        EXPECT_EQ(refused.readings[0].end_s, at(e.first).seconds());
        b.rows.now = at(e.first);
        EXPECT_TRUE(b.one<reserve_outcome>(spend(4, e)).admitted);
        EXPECT_FALSE(b.one<reserve_outcome>(spend(5, e)).admitted);
    }
}

TEST(window_edges, what_is_held_before_the_edge_and_settled_after_it_counts_before_it) {
    for (const edge& e : edges()) {
        SCOPED_TRACE(e.what);
        book b;
        b.rows.now = at(e.last);
        const auto settled = b.one<reserve_outcome>(spend(1, e, 1'000)).hold;
        const auto released = b.one<reserve_outcome>(spend(2, e, 1'000)).hold;
        const auto expired = b.one<reserve_outcome>(spend(3, e, 1'000)).hold;
        b.rows.now = at(e.first);
        b.one<end_outcome>(settle_of(settled, 45));
        b.one<end_outcome>(release_op{released, row_of(released)});
        b.one<end_outcome>(expire_op{expired, row_of(expired)});
        const counter before = counter_at(b, e, at(e.last)), after = counter_at(b, e, at(e.first));
        EXPECT_EQ(before.spent, usd_nano(45 + 60));
        EXPECT_EQ(before.requests, 3);
        EXPECT_EQ(before.held, usd_nano());
        EXPECT_EQ(before.in_flight, 0);
        EXPECT_EQ(after, counter{});
        b.one<end_outcome>(settle_of(expired, 20)); // late: it corrects the same window
        EXPECT_EQ(counter_at(b, e, at(e.last)).spent, usd_nano(45 + 20));
        EXPECT_EQ(counter_at(b, e, at(e.first)), counter{});
    }
}

TEST(window_edges, a_later_attempt_is_held_in_the_window_that_runs_then) {
    const edge e = edges().front();
    book b;
    b.rows.now = at(e.last);
    b.one<reserve_outcome>(spend(1, e));
    b.rows.now = at(e.first);
    reserve_op again = spend(1, e);
    again.hold.attempt = 1;
    const auto held = b.one<reserve_outcome>(again);
    ASSERT_TRUE(held.admitted);
    EXPECT_EQ(counter_at(b, e, at(e.last)).held, usd_nano());
    EXPECT_EQ(counter_at(b, e, at(e.last)).requests, 0);
    EXPECT_EQ(counter_at(b, e, at(e.first)).held, usd_nano(60));
}

TEST(window_edges, two_limits_over_one_counter_count_a_request_once_and_the_tighter_one_refuses) {
    book b;
    b.rows.now = at("2026-06-15T12:00:00Z");
    limit_check cost = cost_limit(150, window::day), fewer = cost_limit(100, window::day);
    limit_check requests = cost_limit(2, window::day);
    requests.what = measure::requests;
    const std::vector<limit_check> all{cost, fewer, requests};
    const auto first = b.one<reserve_outcome>(reserve_of(1, 60, all));
    ASSERT_TRUE(first.admitted);
    EXPECT_EQ(first.hold.counters.size(), 1u);
    EXPECT_EQ(b.at("tenant", window::day).held, usd_nano(60));
    EXPECT_EQ(b.at("tenant", window::day).requests, 1);
    b.one<end_outcome>(settle_of(first.hold, 60));
    EXPECT_EQ(b.at("tenant", window::day).spent, usd_nano(60));
    EXPECT_EQ(b.at("tenant", window::day).in_flight, 0);
    const auto second = b.one<reserve_outcome>(reserve_of(2, 60, all));
    EXPECT_FALSE(second.admitted);
    EXPECT_EQ(second.limit, 1);
    EXPECT_TRUE(b.one<reserve_outcome>(reserve_of(3, 40, all)).admitted);
    const auto third = b.one<reserve_outcome>(reserve_of(4, 0, all));
    EXPECT_FALSE(third.admitted);
    EXPECT_EQ(third.limit, 2);
}

}
