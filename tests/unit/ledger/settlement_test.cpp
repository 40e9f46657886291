#include "support.hpp"

namespace tollgate::ledger {

namespace {

reservation held(book& b, std::uint64_t n, std::int64_t amount, bool prepaid = false) {
    reserve_op op = reserve_of(n, amount, {cost_limit(1000)});
    op.hold.prepaid = prepaid;
    const auto got = b.one<reserve_outcome>(op);
    EXPECT_TRUE(got.admitted);
    return got.hold;
}

}

TEST(settlement, puts_the_actual_cost_in_the_place_of_the_hold) {
    book b;
    const auto end = b.one<end_outcome>(settle_of(held(b, 1, 60), 25));
    EXPECT_EQ(end.charged, usd_nano(25));
    EXPECT_EQ(end.overage, usd_nano());
    const counter at = b.at("tenant", window::month);
    EXPECT_EQ(at.spent, usd_nano(25));
    EXPECT_EQ(at.held, usd_nano());
    EXPECT_EQ(at.in_flight, 0);
    EXPECT_EQ(at.tokens, 5);
    EXPECT_EQ(at.tokens_held, 0);
    EXPECT_TRUE(b.rows.reservations.empty());
}

TEST(settlement, ends_once_and_a_repeat_returns_the_first_outcome) {
    book b;
    const reservation hold = held(b, 1, 60);
    b.one<end_outcome>(settle_of(hold, 25));
    for (const op& again :
         {op(settle_of(hold, 40)), op(release_op{hold, row_of(hold)}), op(expire_op{hold, row_of(hold)})}) {
        const auto end = b.one<end_outcome>(again);
        EXPECT_TRUE(end.repeated);
        EXPECT_EQ(end.charged, usd_nano(25));
        EXPECT_EQ(end.how, ending::settled);
    }
    EXPECT_EQ(b.at("tenant", window::month).spent, usd_nano(25));
    EXPECT_EQ(b.usage.size(), 1u);
}

TEST(settlement, a_bill_above_the_hold_is_recorded_in_full_and_flagged) {
    book b;
    const auto end = b.one<end_outcome>(settle_of(held(b, 1, 60), 75));
    EXPECT_EQ(end.overage, usd_nano(15));
    EXPECT_EQ(b.at("tenant", window::month).spent, usd_nano(75));
    EXPECT_TRUE(b.usage.front().overage);
}

TEST(settlement, release_gives_everything_back) {
    book b;
    b.one<move_outcome>(top_up_of("a", 100));
    const auto end = b.one<end_outcome>(release_op{held(b, 1, 60, true), {}});
    EXPECT_EQ(end.how, ending::released);
    EXPECT_EQ(b.at("tenant", window::month).held, usd_nano());
    EXPECT_EQ(b.at("tenant", window::month).spent, usd_nano());
    EXPECT_EQ(b.rows.balances["acme"].now.held, usd_nano());
}

TEST(settlement, what_nobody_ends_is_ended_as_the_policy_says) {
    struct row {
        unknown_usage how;
        std::int64_t charged;
    };
    for (const row& r : {row{unknown_usage::charge_estimate, 60}, row{unknown_usage::charge_input, 30},
                         row{unknown_usage::release, 0}}) {
        book b;
        reserve_op op = reserve_of(1, 60, {cost_limit(1000)});
        op.hold.on_unknown = r.how;
        const reservation hold = b.one<reserve_outcome>(op).hold;
        const auto end = b.one<end_outcome>(expire_op{hold, row_of(hold)});
        EXPECT_EQ(end.how, ending::expired);
        EXPECT_EQ(end.charged, usd_nano(r.charged));
        EXPECT_EQ(b.at("tenant", window::month).spent, usd_nano(r.charged));
        EXPECT_TRUE(b.usage.front().provisional);
    }
}

TEST(settlement, usage_that_arrives_after_the_expiry_corrects_the_estimate_once) {
    for (const std::int64_t actual : {10, 60, 90}) {
        book b;
        b.one<move_outcome>(top_up_of("a", 1000));
        const reservation hold = held(b, 1, 60, true);
        b.one<end_outcome>(expire_op{hold, row_of(hold)});
        const auto late = b.one<end_outcome>(settle_of(hold, actual));
        EXPECT_TRUE(late.late);
        EXPECT_EQ(b.at("tenant", window::month).spent, usd_nano(actual));
        EXPECT_EQ(b.rows.balances["acme"].now.spent, usd_nano(actual));
        EXPECT_TRUE(b.one<end_outcome>(settle_of(hold, 7)).repeated);
        EXPECT_EQ(b.at("tenant", window::month).spent, usd_nano(actual));
        EXPECT_EQ(b.account_balance(account::revenue), usd_nano(actual));
    }
}

TEST(settlement, a_release_that_arrives_after_the_expiry_gives_the_estimate_back_once) {
    book b;
    b.one<move_outcome>(top_up_of("a", 1000));
    const reservation hold = held(b, 1, 60, true);
    b.one<end_outcome>(expire_op{hold, row_of(hold)});
    EXPECT_EQ(b.at("tenant", window::month).spent, usd_nano(60));
    const auto late = b.one<end_outcome>(release_op{hold, row_of(hold)});
    EXPECT_TRUE(late.late);
    EXPECT_EQ(late.how, ending::released);
    EXPECT_EQ(b.at("tenant", window::month).spent, usd_nano());
    EXPECT_EQ(b.rows.balances["acme"].now.spent, usd_nano());
    EXPECT_TRUE(b.one<end_outcome>(release_op{hold, row_of(hold)}).repeated);
    EXPECT_EQ(b.account_balance(account::revenue), usd_nano());
}

TEST(settlement, a_window_that_turned_meanwhile_is_settled_where_it_was_held) {
    book b;
    b.rows.now = *parse_rfc3339("2026-06-30T23:59:59Z");
    const reservation hold = held(b, 1, 60);
    b.rows.now = *parse_rfc3339("2026-07-01T00:00:01Z");
    b.one<end_outcome>(settle_of(hold, 25));
    EXPECT_EQ(b.at("tenant", window::month), counter{});
    b.rows.now = *parse_rfc3339("2026-06-30T23:59:59Z");
    EXPECT_EQ(b.at("tenant", window::month).spent, usd_nano(25));
}

TEST(settlement, prepaid_pays_what_it_covers_and_the_rest_is_owed) {
    book b;
    b.one<move_outcome>(top_up_of("a", 60));
    b.one<end_outcome>(settle_of(held(b, 1, 60, true), 75));
    EXPECT_EQ(b.account_balance(account::prepaid), usd_nano(0));
    EXPECT_EQ(b.account_balance(account::receivable), usd_nano(-15));
    EXPECT_EQ(b.account_balance(account::revenue), usd_nano(75));
    // The next top-up pays the debt first.
    b.one<move_outcome>(top_up_of("b", 20));
    EXPECT_EQ(b.account_balance(account::receivable), usd_nano(0));
    EXPECT_EQ(b.account_balance(account::prepaid), usd_nano(5));
}

TEST(settlement, provider_cost_stands_beside_the_charge) {
    book b;
    settle_op op = settle_of(held(b, 1, 60), 25);
    op.row.provider_cost = usd_nano(20);
    b.one<end_outcome>(op);
    EXPECT_EQ(b.account_balance(account::provider_payable), usd_nano(20));
    EXPECT_EQ(b.account_balance(account::revenue), usd_nano(25));
}

}
