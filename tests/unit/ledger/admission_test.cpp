#include "support.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::ledger {

TEST(admission, holds_up_to_the_limit_and_not_a_nano_past_it) {
    struct row {
        std::int64_t spent, held, amount, maximum;
        bool admitted;
        refused_by why;
    };
    const row rows[] = {
        {90, 0, 10, 100, true, {}},
        {90, 0, 11, 100, false, refused_by::limit},
        {50, 40, 10, 100, true, {}},
        {50, 41, 10, 100, false, refused_by::limit_held}, // room comes back when the 41 end cheaper
        {91, 5, 10, 100, false, refused_by::limit},
        {0, 0, 0, 0, true, {}},
        {INT64_MAX - 5, 0, 6, INT64_MAX, false, refused_by::limit}, // sums are not taken in 64 bits
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.amount);
        book b;
        b.rows.counters[{"acme", "tenant", window::month, 0}] = {usd_nano(r.spent), usd_nano(r.held), 0, 0, 0, 0};
        const auto got = b.one<reserve_outcome>(reserve_of(1, r.amount, {cost_limit(r.maximum)}));
        EXPECT_EQ(got.admitted, r.admitted);
        if (!got.admitted) EXPECT_EQ(got.why, r.why);
        ASSERT_EQ(got.readings.size(), 1u);
        EXPECT_EQ(got.readings[0].at.spent, usd_nano(r.spent));
    }
}

TEST(admission, a_refused_request_leaves_no_trace_in_any_counter) {
    book b;
    b.one<reserve_outcome>(reserve_of(1, 60, {cost_limit(1000, window::day), cost_limit(100, window::month)}));
    const counter day = b.at("tenant", window::day), month = b.at("tenant", window::month);
    const auto refused =
        b.one<reserve_outcome>(reserve_of(2, 60, {cost_limit(1000, window::day), cost_limit(100, window::month)}));
    EXPECT_FALSE(refused.admitted);
    EXPECT_EQ(refused.limit, 1);
    EXPECT_EQ(b.at("tenant", window::day), day);
    EXPECT_EQ(b.at("tenant", window::month), month);
    EXPECT_EQ(b.rows.reservations.size(), 1u);
}

TEST(admission, two_limits_on_one_counter_hold_once) {
    book b;
    const auto got = b.one<reserve_outcome>(reserve_of(1, 60, {cost_limit(600), cost_limit(500)}));
    ASSERT_TRUE(got.admitted);
    EXPECT_EQ(got.hold.counters.size(), 1u);
    EXPECT_EQ(b.at("tenant", window::month).held, usd_nano(60));
    EXPECT_EQ(b.at("tenant", window::month).requests, 1);
}

TEST(admission, soft_limits_report_and_do_not_refuse) {
    book b;
    limit_check soft = cost_limit(10);
    soft.hard = false;
    const auto got = b.one<reserve_outcome>(reserve_of(1, 60, {soft}));
    EXPECT_TRUE(got.admitted);
    EXPECT_EQ(got.readings.size(), 1u);
}

TEST(admission, a_spent_limit_is_named_before_one_that_is_only_held) {
    book b;
    b.rows.counters[{"acme", "a", window::total, 0}] = {usd_nano(0), usd_nano(100), 0, 0, 0, 0};
    b.rows.counters[{"acme", "b", window::total, 0}] = {usd_nano(100), usd_nano(0), 0, 0, 0, 0};
    const auto got = b.one<reserve_outcome>(
        reserve_of(1, 10, {cost_limit(100, window::total, "a"), cost_limit(100, window::total, "b")}));
    EXPECT_EQ(got.why, refused_by::limit);
    EXPECT_EQ(got.limit, 1);
}

TEST(admission, counts_requests_tokens_and_concurrency_exactly) {
    struct row {
        measure what;
        std::int64_t maximum;
        int fits;
    };
    const row rows[] = {{measure::requests, 3, 3}, {measure::tokens, 35, 3}, {measure::concurrency, 2, 2}};
    for (const row& r : rows) {
        SCOPED_TRACE(static_cast<int>(r.what));
        book b;
        limit_check check = cost_limit(r.maximum, window::total);
        check.what = r.what;
        int admitted = 0;
        for (std::uint64_t i = 1; i <= 6; ++i) admitted += b.one<reserve_outcome>(reserve_of(i, 1, {check})).admitted;
        EXPECT_EQ(admitted, r.fits);
    }
}

TEST(admission, concurrency_comes_back_with_the_end_and_requests_do_not) {
    book b;
    limit_check at_once = cost_limit(1, window::total), requests = cost_limit(2, window::day);
    at_once.what = measure::concurrency;
    requests.what = measure::requests;
    auto first = b.one<reserve_outcome>(reserve_of(1, 1, {at_once, requests}));
    EXPECT_FALSE(b.one<reserve_outcome>(reserve_of(2, 1, {at_once, requests})).admitted);
    b.one<end_outcome>(settle_of(first.hold, 1));
    auto second = b.one<reserve_outcome>(reserve_of(3, 1, {at_once, requests}));
    EXPECT_TRUE(second.admitted);
    b.one<end_outcome>(settle_of(second.hold, 1));
    const auto third = b.one<reserve_outcome>(reserve_of(4, 1, {at_once, requests}));
    EXPECT_FALSE(third.admitted);
    EXPECT_EQ(third.limit, 1);
}

TEST(admission, the_same_id_is_held_once_and_answered_with_the_first_hold) {
    book b;
    const auto first = b.one<reserve_outcome>(reserve_of(1, 60, {cost_limit(100)}));
    const auto again = b.one<reserve_outcome>(reserve_of(1, 60, {cost_limit(100)}));
    EXPECT_TRUE(again.admitted);
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(again.hold, first.hold);
    EXPECT_EQ(b.at("tenant", window::month).held, usd_nano(60));
}

TEST(admission, an_id_that_has_ended_does_not_run_again) {
    book b;
    const auto first = b.one<reserve_outcome>(reserve_of(1, 60, {cost_limit(100)}));
    b.one<end_outcome>(settle_of(first.hold, 10));
    const auto again = b.one<reserve_outcome>(reserve_of(1, 60, {cost_limit(100)}));
    EXPECT_FALSE(again.admitted);
    EXPECT_EQ(again.why, refused_by::ended);
}

TEST(admission, operations_of_one_batch_see_each_other) {
    book b;
    std::vector<op> batch;
    for (std::uint64_t i = 1; i <= 5; ++i) batch.push_back(reserve_of(i, 30, {cost_limit(100)}));
    int admitted = 0;
    for (const outcome& o : b.run(batch)) admitted += std::get<reserve_outcome>(o).admitted;
    EXPECT_EQ(admitted, 3);
    EXPECT_EQ(b.at("tenant", window::month).held, usd_nano(90));
}

TEST(admission, prepaid_money_is_held_up_to_credits_and_credit_limit) {
    struct row {
        std::int64_t credited, credit_limit, amount;
        bool admitted;
    };
    const row rows[] = {
        {100, 0, 100, true}, {100, 0, 101, false}, {100, 20, 120, true}, {100, 20, 121, false}, {0, 0, 1, false}};
    for (const row& r : rows) {
        SCOPED_TRACE(r.amount);
        book b;
        if (r.credited) b.one<move_outcome>(top_up_of("a", r.credited));
        reserve_op op = reserve_of(1, r.amount);
        op.hold.prepaid = true;
        op.credit_limit = usd_nano(r.credit_limit);
        const auto got = b.one<reserve_outcome>(op);
        EXPECT_EQ(got.admitted, r.admitted);
        if (!got.admitted) EXPECT_EQ(got.why, refused_by::prepaid);
    }
}

}
