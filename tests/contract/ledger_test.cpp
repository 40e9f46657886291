#include "ops.hpp"
#include "world.hpp"

namespace tollgate::test {

namespace {

const limit_check total_limit = cost_limit("tenant", window::total, 1'000);
const ledger::counter_key total_key{"acme", "tenant", window::total, 0};

}

TEST_P(over_stores, a_hold_and_its_settlement_are_read_back) {
    const auto store = here->open_ledger();
    const auto out = must_reserve(*store, reserve(id_of(1), {.limits = {total_limit}}));
    ASSERT_TRUE(out.admitted);
    ledger::counter at = counter_at(*store, total_key);
    EXPECT_EQ(at, (ledger::counter{usd_nano(), usd_nano(100), 1, 0, 10, 1}));

    const auto open = look(*store, [&](ledger::wanted& rows) { rows.reservations.emplace(id_of(1), "acme"); });
    ASSERT_EQ(open.reservations.size(), 1u);
    EXPECT_EQ(open.reservations.at(id_of(1)), out.hold);
    EXPECT_TRUE(open.endings.empty());

    const auto end = must_end(*store, settle(out.hold, 60));
    EXPECT_EQ(end.charged, usd_nano(60));
    at = counter_at(*store, total_key);
    EXPECT_EQ(at, (ledger::counter{usd_nano(60), usd_nano(), 1, 10, 0, 0}));
    const auto ended = look(*store, [&](ledger::wanted& rows) { rows.reservations.emplace(id_of(1), "acme"); });
    EXPECT_TRUE(ended.reservations.empty());
    ASSERT_EQ(ended.endings.size(), 1u);
    EXPECT_EQ(ended.endings.at(id_of(1)).how, ledger::ending::settled);
    EXPECT_EQ(ended.endings.at(id_of(1)).charged, usd_nano(60));
    EXPECT_EQ(ended.endings.at(id_of(1)).tokens, 10);
    EXPECT_TRUE(ended.endings.at(id_of(1)).counted);
    EXPECT_FALSE(ended.endings.at(id_of(1)).estimated);
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, every_ending_is_kept_and_repeating_it_returns_the_first) {
    const auto store = here->open_ledger();
    struct row {
        std::uint64_t id;
        ledger::ending how;
        std::int64_t charged;
    };
    const row rows[] = {
        {1, ledger::ending::settled, 40}, {2, ledger::ending::released, 0}, {3, ledger::ending::expired, 100}};
    for (const row& r : rows) {
        SCOPED_TRACE(r.id);
        const auto hold = must_reserve(*store, reserve(id_of(r.id), {.limits = {total_limit}})).hold;
        const ledger::op ops[] = {settle(hold, 40), release(hold), expire(hold)};
        const auto first = must_end(*store, ops[r.id - 1]);
        EXPECT_EQ(first.how, r.how);
        EXPECT_FALSE(first.repeated);
        const auto again = must_end(*store, ops[r.id - 1]);
        EXPECT_EQ(again.how, r.how);
        EXPECT_TRUE(again.repeated);
        EXPECT_EQ(again.charged, usd_nano(r.charged));
    }
    EXPECT_EQ(counter_at(*store, total_key).spent, usd_nano(140));
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, an_ended_request_may_not_be_reserved_again) {
    const auto store = here->open_ledger();
    const auto hold = must_reserve(*store, reserve(id_of(1), {})).hold;
    EXPECT_TRUE(must_reserve(*store, reserve(id_of(1), {})).repeated);
    must_end(*store, settle(hold, 5));
    const auto out = must_reserve(*store, reserve(id_of(1), {}));
    EXPECT_FALSE(out.admitted);
    EXPECT_EQ(out.why, ledger::refused_by::ended);
}

TEST_P(over_stores, a_late_settlement_corrects_an_expired_estimate_once) {
    const auto store = here->open_ledger();
    const auto hold = must_reserve(*store, reserve(id_of(1), {.limits = {total_limit}})).hold;
    must_end(*store, expire(hold));
    EXPECT_EQ(counter_at(*store, total_key).spent, usd_nano(100));
    EXPECT_TRUE(must_end(*store, settle(hold, 30)).late);
    EXPECT_EQ(counter_at(*store, total_key).spent, usd_nano(30));
    EXPECT_TRUE(must_end(*store, settle(hold, 30)).repeated);
    EXPECT_EQ(counter_at(*store, total_key).spent, usd_nano(30));
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, a_batch_that_is_rolled_back_leaves_nothing) {
    const auto store = here->open_ledger();
    const std::vector<ledger::op> ops{reserve(id_of(1), {.limits = {total_limit}})};
    auto found = store->begin([&](instant now) { return ledger::rows_of(ops, now); });
    ASSERT_TRUE(found.has_value());
    store->rollback();
    EXPECT_EQ(counter_at(*store, total_key), ledger::counter{});
    EXPECT_TRUE(must_reserve(*store, reserve(id_of(1), {.limits = {total_limit}})).admitted);
    EXPECT_EQ(counter_at(*store, total_key).held, usd_nano(100));
}

TEST_P(over_stores, many_operations_of_many_tenants_go_in_one_batch) {
    const auto store = here->open_ledger();
    std::vector<ledger::op> ops;
    for (std::uint64_t i = 0; i < 300; ++i) {
        reserve_options with{.tenant = "tenant-" + std::to_string(i % 37)};
        with.limits = {cost_limit("tenant", window::month, 1'000'000), cost_limit("feature=f", window::day, 1'000'000),
                       cost_limit("agent=a" + std::to_string(i % 5), window::minute, 1'000'000)};
        ops.emplace_back(reserve(id_of(i), with));
    }
    std::vector<ledger::op> ends;
    for (const auto& out : must_run(*store, ops)) {
        const auto& reserved = std::get<ledger::reserve_outcome>(out);
        ASSERT_TRUE(reserved.admitted);
        ends.emplace_back(settle(reserved.hold, 33));
    }
    for (const auto& out : must_run(*store, ends)) EXPECT_EQ(std::get<ledger::end_outcome>(out).charged, usd_nano(33));
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, money_moves_once_per_idempotency_key) {
    const auto store = here->open_ledger();
    const auto first = std::get<ledger::move_outcome>(must_run(*store, {top_up("acme", "k1", 500, id_of(1))}).at(0));
    EXPECT_FALSE(first.repeated);
    EXPECT_EQ(first.available, usd_nano(500));
    const auto again = std::get<ledger::move_outcome>(must_run(*store, {top_up("acme", "k1", 500, id_of(2))}).at(0));
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(again.transaction, id_of(1));
    EXPECT_EQ(again.available, usd_nano(500));
    const auto other = std::get<ledger::move_outcome>(must_run(*store, {top_up("beta", "k1", 7, id_of(3))}).at(0));
    EXPECT_FALSE(other.repeated);
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, prepaid_money_is_held_spent_and_refunded) {
    const auto store = here->open_ledger();
    must_run(*store, {top_up("acme", "k1", 150, id_of(100))});
    const auto hold = must_reserve(*store, reserve(id_of(1), {.prepaid = true})).hold;
    const auto refused = must_reserve(*store, reserve(id_of(2), {.prepaid = true}));
    EXPECT_FALSE(refused.admitted);
    EXPECT_EQ(refused.why, ledger::refused_by::prepaid_held);
    must_end(*store, settle(hold, 120));

    ledger::move_op refund = top_up("acme", "r1", 50, id_of(101));
    refund.kind = ledger::movement::refund;
    refund.from = ledger::funding::refund;
    refund.refunds = id_of(1);
    EXPECT_FALSE(std::get<ledger::move_outcome>(must_run(*store, {refund}).at(0)).refused);
    refund.idempotency_key = "r2";
    refund.amount = usd_nano(71);
    refund.transaction = id_of(102);
    EXPECT_TRUE(std::get<ledger::move_outcome>(must_run(*store, {refund}).at(0)).refused);

    const auto found = look(*store, [](ledger::wanted& rows) {
        rows.balances.add("acme");
        rows.grants.insert("acme");
        rows.charges.insert({"acme", id_of(1)});
    });
    const ledger::balance_row& row = *found.balances.find_row("acme");
    EXPECT_EQ(row.now.credited, usd_nano(200));
    EXPECT_EQ(row.now.spent, usd_nano(120));
    EXPECT_EQ(row.now.held, usd_nano(0));
    EXPECT_EQ(row.grants.size(), 2u);
    EXPECT_EQ(found.charges.at({"acme", id_of(1)}).refunded, usd_nano(50));
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, refunds_of_no_request_give_back_at_most_what_was_spent) {
    const auto store = here->open_ledger();
    must_run(*store, {top_up("acme", "k1", 300, id_of(100)), top_up("beta", "k1", 300, id_of(101))});
    for (const std::uint64_t n : {1u, 2u})
        must_end(*store, settle(must_reserve(*store, reserve(id_of(n), {.prepaid = true})).hold, 60));
    std::uint64_t last = 200;
    const auto refund = [&](const char* tenant, std::int64_t amount, std::optional<request_id> of = {}) {
        last += 1;
        ledger::move_op op = top_up(tenant, "r" + std::to_string(last), amount, id_of(last));
        op.kind = ledger::movement::refund;
        op.from = ledger::funding::refund;
        op.refunds = of;
        return op;
    };
    const auto refused = [&](ledger::move_op op) {
        return std::get<ledger::move_outcome>(must_run(*store, {std::move(op)}).at(0)).refused;
    };
    EXPECT_TRUE(refused(refund("beta", 1)));
    EXPECT_TRUE(refused(refund("acme", 121)));
    EXPECT_FALSE(refused(refund("acme", 50, id_of(1))));
    EXPECT_TRUE(refused(refund("acme", 71)));
    EXPECT_FALSE(refused(refund("acme", 30)));
    const auto both = must_run(*store, {refund("acme", 40), refund("acme", 1)});
    EXPECT_FALSE(std::get<ledger::move_outcome>(both.at(0)).refused);
    EXPECT_TRUE(std::get<ledger::move_outcome>(both.at(1)).refused);
    EXPECT_TRUE(refused(refund("acme", 10, id_of(2))));

    const auto found = look(*store, [](ledger::wanted& rows) {
        rows.balances.add("acme");
        rows.refunds.insert("acme");
    });
    const ledger::balance_row& row = *found.balances.find_row("acme");
    EXPECT_EQ(row.refunded.all, usd_nano(120));
    EXPECT_EQ(row.refunded.freely, usd_nano(70));
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, grants_that_ran_out_are_found_and_expired) {
    const auto store = here->open_ledger();
    ledger::move_op grant = top_up("acme", "g1", 90, id_of(100));
    grant.kind = ledger::movement::grant;
    grant.from = ledger::funding::promo;
    grant.expires_s = here->now().seconds() - 10;
    must_run(*store, {grant});
    EXPECT_EQ(store->tenants_with_expired_grants(10).value(), std::vector<tenant_id>{"acme"});
    EXPECT_EQ(must_reserve(*store, reserve(id_of(1), {.prepaid = true})).why, ledger::refused_by::expired_grants);
    must_run(*store, {ledger::expire_grants_op{"acme", id_of(101)}});
    EXPECT_TRUE(store->tenants_with_expired_grants(10).value().empty());
    const auto found = look(*store, [](ledger::wanted& rows) { rows.balances.add("acme"); });
    EXPECT_EQ(found.balances.find_row("acme")->now.credited, usd_nano(0));
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, expired_reservations_come_oldest_first) {
    const auto store = here->open_ledger();
    must_reserve(*store, reserve(id_of(1), {.ttl_ms = 60'000}));
    must_reserve(*store, reserve(id_of(2), {.ttl_ms = 1}));
    must_reserve(*store, reserve(id_of(3), {.ttl_ms = 0}));
    auto late = store->expired(10);
    ASSERT_TRUE(late.has_value());
    while (late->size() < 2) late = store->expired(10); // id 2 runs out within a millisecond
    ASSERT_EQ(late->size(), 2u);
    EXPECT_LE(late->at(0).expires, late->at(1).expires);
    EXPECT_EQ(store->expired(1)->size(), 1u);
}

TEST_P(over_stores, a_node_finds_what_it_held) {
    const auto store = here->open_ledger();
    auto mine = must_reserve(*store, reserve(id_of(1), {})).hold;
    mine.record = reserve(id_of(1), {}).hold.record; // recovery reads it, a batch does not
    auto other = reserve(id_of(2), {});
    other.hold.node = "node-2";
    must_reserve(*store, other);
    const auto held = store->held_by("node-1", 10);
    ASSERT_TRUE(held.has_value());
    EXPECT_EQ(*held, std::vector<ledger::reservation>{mine});
    EXPECT_TRUE(store->held_by("node-3", 10)->empty());
}

TEST_P(over_stores, text_that_is_not_utf_8_does_not_fail_a_batch) {
    const auto store = here->open_ledger();
    auto op = reserve(id_of(1), {.limits = {cost_limit(std::string("end_user=\xff\x00x", 12), window::day, 1'000)}});
    op.hold.record = "caf\xc3\xa9 \xed\xa0\x80";
    const auto out = must_reserve(*store, op);
    ASSERT_TRUE(out.admitted);
    must_end(*store, settle(out.hold, 10));
    EXPECT_TRUE(must_end(*store, settle(out.hold, 10)).repeated);
}

TEST_P(over_stores, old_windows_that_hold_nothing_are_pruned) {
    const auto store = here->open_ledger();
    const std::int64_t now_s = here->now().seconds();
    const auto plant = [&](const char* scope, window span, std::int64_t start_s, bool holds) {
        const ledger::counter_key key{"acme", scope, span, start_s};
        auto found = store->begin([&](instant) {
            ledger::wanted rows;
            rows.counters.add(key);
            return rows;
        });
        ASSERT_TRUE(found.has_value());
        ledger::changes write;
        write.counters.change(write.counters.add(key)) = {usd_nano(5), usd_nano(holds ? 1 : 0), 1, 0, 0, holds ? 1 : 0};
        ASSERT_TRUE(store->commit(write).has_value());
    };
    plant("key=a", window::minute, now_s - 3 * 3'600, false); // pruned
    plant("key=b", window::minute, now_s - 4 * 3'600, true);  // still held on
    plant("key=c", window::minute, now_s - 1'800, false);     // young
    plant("key=d", window::minute, now_s - 3 * 3'600, false); // pruned, with another window in the same scope
    plant("key=d", window::hour, now_s - 80 * 3'600, false);
    plant("key=e", window::hour, now_s - 10 * 3'600, false); // young
    plant("key=f", window::minute, now_s - 3 * 3'600, false);
    plant("key=f", window::day, now_s - 100 * 86'400, false); // kept for ever
    EXPECT_EQ(store->prune_counters(1).value(), 1u);
    std::size_t removed = 1;
    for (int call = 0; call < 3; ++call) removed += store->prune_counters(100).value();
    EXPECT_EQ(removed, 2u);
    EXPECT_EQ(counter_at(*store, {"acme", "key=b", window::minute, now_s - 4 * 3'600}).spent, usd_nano(5));
    EXPECT_EQ(counter_at(*store, {"acme", "key=d", window::hour, now_s - 80 * 3'600}).spent, usd_nano(0));
    EXPECT_EQ(counter_at(*store, {"acme", "key=f", window::day, now_s - 100 * 86'400}).spent, usd_nano(5));
}

}
