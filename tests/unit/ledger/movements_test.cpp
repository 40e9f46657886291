#include "support.hpp"

namespace tollgate::ledger {

namespace {

void spend(book& b, std::uint64_t n, std::int64_t amount) {
    reserve_op op = reserve_of(n, amount);
    op.hold.prepaid = true;
    const auto got = b.one<reserve_outcome>(op);
    ASSERT_TRUE(got.admitted);
    b.one<end_outcome>(settle_of(got.hold, amount));
}

usd_nano left_of(const book& b, const std::string& key) {
    const request_id id(1, std::hash<std::string>{}(key));
    for (const grant& g : b.rows.balances.find_row("acme")->grants)
        if (g.transaction == id) return g.remaining;
    return usd_nano(-1);
}

}

TEST(movements, a_key_counts_once) {
    book b;
    const auto first = b.one<move_outcome>(top_up_of("k", 100));
    const auto again = b.one<move_outcome>(top_up_of("k", 999));
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(again.transaction, first.transaction);
    EXPECT_EQ(again.available, usd_nano(100));
    EXPECT_EQ(b.account_balance(account::prepaid), usd_nano(100));
}

TEST(movements, adjustments_take_no_more_than_is_available) {
    book b;
    b.one<move_outcome>(top_up_of("a", 100));
    EXPECT_TRUE(b.one<move_outcome>(top_up_of("b", -101, movement::adjust)).refused);
    EXPECT_EQ(b.one<move_outcome>(top_up_of("c", -100, movement::adjust)).available, usd_nano(0));
    EXPECT_EQ(b.account_balance(account::prepaid), usd_nano(0));
}

TEST(movements, a_refund_gives_back_at_most_what_was_charged) {
    book b;
    b.one<move_outcome>(top_up_of("a", 100));
    spend(b, 1, 40);
    const auto refund = [&](const std::string& key, std::int64_t amount) {
        move_op op = top_up_of(key, amount, movement::refund);
        op.refunds = id_of(1);
        return b.one<move_outcome>(op);
    };
    EXPECT_FALSE(refund("r1", 30).refused);
    EXPECT_TRUE(refund("r2", 11).refused);
    EXPECT_FALSE(refund("r3", 10).refused);
    EXPECT_EQ(b.rows.balances["acme"].now.credited - b.rows.balances["acme"].now.spent, usd_nano(100));
    move_op stranger = top_up_of("r4", 1, movement::refund);
    stranger.refunds = id_of(99);
    EXPECT_TRUE(b.one<move_outcome>(stranger).refused);
}

TEST(movements, a_refund_of_no_request_gives_back_at_most_what_is_not_given_back_yet) {
    book b;
    b.one<move_outcome>(top_up_of("a", 100));
    const auto refund = [&](const std::string& key, std::int64_t amount, std::optional<request_id> of = {}) {
        move_op op = top_up_of(key, amount, movement::refund);
        op.refunds = of;
        return b.one<move_outcome>(op);
    };
    EXPECT_TRUE(refund("r0", 1).refused) << "nothing was spent";
    spend(b, 1, 40);
    spend(b, 2, 20);
    EXPECT_TRUE(refund("r1", 61).refused);
    EXPECT_FALSE(refund("r2", 15, id_of(1)).refused);
    EXPECT_TRUE(refund("r3", 46).refused);
    EXPECT_FALSE(refund("r4", 30).refused);
    EXPECT_TRUE(refund("r5", 16, id_of(2)).refused) << "some of it was given back without its name";
    EXPECT_FALSE(refund("r6", 15, id_of(2)).refused);
    EXPECT_TRUE(refund("r7", 1).refused);
    EXPECT_EQ(b.rows.balances["acme"].now.credited - b.rows.balances["acme"].now.spent, usd_nano(100));
    spend(b, 3, 1);
    EXPECT_FALSE(refund("r8", 1).refused) << "what is spent since then";
}

TEST(movements, a_charge_that_was_owed_is_refunded_by_its_name) {
    book b;
    const auto got = b.one<reserve_outcome>(reserve_of(1, 40));
    b.one<end_outcome>(settle_of(got.hold, 40));
    move_op op = top_up_of("r1", 40, movement::refund);
    EXPECT_TRUE(b.one<move_outcome>(op).refused) << "the balance spent nothing";
    op.refunds = id_of(1);
    EXPECT_FALSE(b.one<move_outcome>(op).refused);
}

TEST(movements, grants_burn_by_priority_then_expiry_then_free_before_paid) {
    book b;
    b.rows.now = instant::from_seconds(1000);
    move_op paid = top_up_of("paid", 50), promo = top_up_of("promo", 50, movement::grant),
            early = top_up_of("early", 50), first = top_up_of("first", 50);
    promo.from = funding::promo;
    early.expires_s = 9000;
    first.priority = 1;
    for (const move_op& op : {paid, promo, early, first}) b.one<move_outcome>(op);
    spend(b, 1, 160);
    b.one<move_outcome>(top_up_of("look", 1)); // spending is burnt before the next movement
    EXPECT_EQ(left_of(b, "first"), usd_nano(0));
    EXPECT_EQ(left_of(b, "early"), usd_nano(0));
    EXPECT_EQ(left_of(b, "promo"), usd_nano(0));
    EXPECT_EQ(left_of(b, "paid"), usd_nano(40));
}

TEST(movements, an_expired_grant_is_lost_except_for_what_is_held) {
    book b;
    b.rows.now = instant::from_seconds(1000);
    move_op grant = top_up_of("g", 100, movement::grant);
    grant.expires_s = 2000;
    b.one<move_outcome>(grant);
    reserve_op running = reserve_of(1, 30);
    running.hold.prepaid = true;
    const reservation hold = b.one<reserve_outcome>(running).hold;

    b.rows.now = instant::from_seconds(2000);
    reserve_op next = reserve_of(2, 10);
    next.hold.prepaid = true;
    EXPECT_EQ(b.one<reserve_outcome>(next).why, refused_by::expired_grants);
    b.run({expire_grants_op{"acme", request_id(5, 5)}});
    EXPECT_EQ(b.account_balance(account::breakage), usd_nano(70));
    EXPECT_EQ(b.one<reserve_outcome>(next).why, refused_by::prepaid_held);

    b.one<end_outcome>(settle_of(hold, 20));
    b.rows.now = instant::from_seconds(2100);
    b.run({expire_grants_op{"acme", request_id(6, 6)}});
    EXPECT_EQ(b.account_balance(account::breakage), usd_nano(80));
    EXPECT_EQ(b.account_balance(account::prepaid), usd_nano(0));
}

TEST(movements, money_given_back_late_does_not_refill_a_burnt_grant) {
    book b;
    b.one<move_outcome>(top_up_of("a", 100));
    reserve_op op = reserve_of(1, 60);
    op.hold.prepaid = true;
    const reservation hold = b.one<reserve_outcome>(op).hold;
    b.one<end_outcome>(expire_op{hold, row_of(hold)});
    b.one<move_outcome>(top_up_of("b", 1));  // burns the estimate
    b.one<end_outcome>(settle_of(hold, 10)); // the true cost comes late
    const auto after = b.one<move_outcome>(top_up_of("c", 1));
    EXPECT_EQ(after.available, usd_nano(100 + 1 + 1 - 10));
    for (const grant& g : b.rows.balances["acme"].grants) EXPECT_LE(g.remaining, g.amount);
}

TEST(movements, more_grants_than_a_transaction_holds_expire_in_several_passes) {
    book b;
    b.rows.now = instant::from_seconds(1000);
    for (int i = 0; i < 300; ++i) {
        move_op grant = top_up_of(std::to_string(i), 10, movement::grant);
        grant.expires_s = 2000;
        b.one<move_outcome>(grant);
    }
    b.rows.now = instant::from_seconds(2000);
    b.run({expire_grants_op{"acme", request_id(7, 7)}});
    b.rows.now = instant::from_seconds(2100);
    b.run({expire_grants_op{"acme", request_id(8, 8)}});
    EXPECT_EQ(b.account_balance(account::breakage), usd_nano(3000));
}

}
