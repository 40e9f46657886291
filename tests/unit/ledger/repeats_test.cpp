#include "support.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::ledger {

namespace {

reserve_op attempt_of(std::uint64_t n, std::uint8_t attempt, std::int64_t amount, std::vector<limit_check> limits) {
    reserve_op op = reserve_of(n, amount, std::move(limits));
    op.hold.attempt = attempt;
    return op;
}

reserve_op claiming(std::uint64_t n, std::string key, std::string hash, std::int64_t limit = 1'000) {
    reserve_op op = reserve_of(n, 60, {cost_limit(limit)});
    op.claim = claim{std::move(key), std::move(hash)};
    return op;
}

settle_op answered(const reservation& hold, std::string body) {
    settle_op op = settle_of(hold, 5);
    op.answer = stored_answer{200, "application/json", std::move(body)};
    return op;
}

}

// ---- attempts -------------------------------------------------------------------------------------------------

TEST(attempts, a_higher_one_takes_the_place_of_the_hold_and_counts_as_one_request) {
    book b;
    const std::vector<limit_check> limits{cost_limit(100)};
    ASSERT_TRUE(b.one<reserve_outcome>(attempt_of(1, 0, 60, limits)).admitted);
    const auto out = b.one<reserve_outcome>(attempt_of(1, 1, 100, limits)); // would not fit beside the first
    ASSERT_TRUE(out.admitted);
    EXPECT_FALSE(out.repeated);
    EXPECT_EQ(out.hold.attempt, 1);
    EXPECT_EQ(out.readings.at(0).at, counter{});
    EXPECT_EQ(b.at("tenant", window::month), (counter{usd_nano(), usd_nano(100), 1, 0, 10, 1}));
    b.one<end_outcome>(settle_of(out.hold, 80));
    EXPECT_EQ(b.at("tenant", window::month), (counter{usd_nano(80), usd_nano(), 1, 5, 0, 0}));
}

TEST(attempts, a_refused_one_leaves_the_hold_as_it_was) {
    book b;
    const auto first = b.one<reserve_outcome>(attempt_of(1, 0, 60, {cost_limit(100)}));
    const counter before = b.at("tenant", window::month);
    const auto out = b.one<reserve_outcome>(attempt_of(1, 1, 101, {cost_limit(100)}));
    EXPECT_FALSE(out.admitted);
    EXPECT_EQ(out.why, refused_by::limit);
    EXPECT_EQ(b.at("tenant", window::month), before);
    EXPECT_EQ(b.rows.reservations.at(id_of(1)).amount, first.hold.amount);
    EXPECT_EQ(b.rows.reservations.at(id_of(1)).attempt, 0);
}

TEST(attempts, the_same_or_a_lower_one_returns_the_open_hold) {
    book b;
    const std::vector<limit_check> limits{cost_limit(100)};
    b.run({attempt_of(1, 0, 60, limits)});
    b.run({attempt_of(1, 2, 70, limits)});
    for (const std::uint8_t attempt : {std::uint8_t{2}, std::uint8_t{1}, std::uint8_t{0}}) {
        SCOPED_TRACE(int{attempt});
        const auto out = b.one<reserve_outcome>(attempt_of(1, attempt, 99, limits));
        EXPECT_TRUE(out.repeated);
        EXPECT_EQ(out.hold.attempt, 2);
        EXPECT_EQ(out.hold.amount, usd_nano(70));
        EXPECT_EQ(out.readings.at(0).at, counter{}); // as the first of them read it
    }
}

TEST(attempts, counters_that_only_the_old_hold_touched_are_left) {
    book b;
    b.run({attempt_of(1, 0, 60, {cost_limit(100), cost_limit(100, window::day, "model=big")})});
    b.run({attempt_of(1, 1, 40, {cost_limit(100), cost_limit(100, window::day, "model=small")})});
    EXPECT_EQ(b.at("model=big", window::day), counter{});
    EXPECT_EQ(b.at("model=small", window::day), (counter{usd_nano(), usd_nano(40), 1, 0, 10, 1}));
    EXPECT_EQ(b.at("tenant", window::month), (counter{usd_nano(), usd_nano(40), 1, 0, 10, 1}));
}

TEST(attempts, a_prepaid_hold_is_replaced_on_the_balance) {
    book b;
    b.run({top_up_of("k", 100)});
    const auto prepaid = [](std::uint8_t attempt, std::int64_t amount) {
        reserve_op op = attempt_of(1, attempt, amount, {});
        op.hold.prepaid = true;
        return op;
    };
    b.run({prepaid(0, 60)});
    EXPECT_FALSE(b.one<reserve_outcome>(prepaid(1, 101)).admitted);
    EXPECT_EQ(b.rows.balances["acme"].now.held, usd_nano(60));
    EXPECT_TRUE(b.one<reserve_outcome>(prepaid(1, 100)).admitted);
    EXPECT_EQ(b.rows.balances["acme"].now.held, usd_nano(100));
}

TEST(attempts, one_batch_gives_what_several_give) {
    const std::vector<limit_check> limits{cost_limit(100)};
    const std::vector<op> ops{attempt_of(1, 0, 60, limits), attempt_of(1, 1, 90, limits), attempt_of(1, 2, 101, limits),
                              attempt_of(2, 0, 20, limits), attempt_of(1, 3, 80, limits), attempt_of(2, 0, 20, limits)};
    book together, apart;
    const auto outcomes = together.run(ops);
    for (std::size_t i = 0; i < ops.size(); ++i) {
        SCOPED_TRACE(i);
        const auto one = apart.one<reserve_outcome>(ops[i]);
        EXPECT_EQ(one.admitted, std::get<reserve_outcome>(outcomes[i]).admitted);
        EXPECT_EQ(one.hold, std::get<reserve_outcome>(outcomes[i]).hold);
    }
    const auto all_of = [](const counter_rows& rows) {
        std::map<counter_key, counter> all;
        rows.each([&](const counter_key& key, const counter& row) { all[key] = row; });
        return all;
    };
    EXPECT_EQ(all_of(together.rows.counters), all_of(apart.rows.counters));
    EXPECT_EQ(together.rows.reservations.size(), 2u);
    EXPECT_EQ(together.rows.reservations.at(id_of(1)).attempt, 3);
}

TEST(attempts, none_runs_after_the_end) {
    book b;
    const auto hold = b.one<reserve_outcome>(attempt_of(1, 0, 60, {})).hold;
    b.run({release_op{hold, row_of(hold)}});
    EXPECT_EQ(b.one<reserve_outcome>(attempt_of(1, 1, 60, {})).why, refused_by::ended);
}

TEST(attempts, found_holds_name_the_rows_they_touch) {
    book b;
    reserve_op first = attempt_of(1, 0, 60, {cost_limit(100, window::day, "model=big")});
    first.hold.prepaid = true;
    b.run({top_up_of("k", 100), first});
    const std::vector<op> later{attempt_of(1, 1, 60, {cost_limit(100, window::day, "model=small")})};
    wanted asked = rows_of(std::span<const op>(later), b.rows.now);
    snapshot found = b.rows;
    take_names(asked, found);
    wanted more;
    ASSERT_TRUE(want_found_holds(found, more));
    ASSERT_EQ(more.counters.size(), 1u);
    EXPECT_EQ(more.counters.key(0).scope, "model=big");
    EXPECT_TRUE(more.balances.contains("acme"));
    take_names(more, found);
    wanted none;
    EXPECT_FALSE(want_found_holds(found, none));
}

// ---- claims ---------------------------------------------------------------------------------------------------

TEST(claims, a_second_request_is_told_who_holds_it) {
    book b;
    const auto hold = b.one<reserve_outcome>(claiming(1, "k", "h")).hold;
    struct row {
        std::string hash;
        bool same;
    };
    for (const row& r : {row{"h", true}, row{"other", false}}) {
        SCOPED_TRACE(r.hash);
        const auto out = b.one<reserve_outcome>(claiming(2, "k", r.hash, 0)); // not refused for money
        EXPECT_FALSE(out.admitted);
        ASSERT_EQ(out.why, refused_by::claimed);
        EXPECT_EQ(out.claimed->holder, id_of(1));
        EXPECT_EQ(out.claimed->same_request, r.same);
        EXPECT_TRUE(out.claimed->running);
        EXPECT_FALSE(out.claimed->answered);
    }
    EXPECT_TRUE(b.one<reserve_outcome>(claiming(3, "k2", "h")).admitted);
    b.run({answered(hold, "{}")});
    const auto out = b.one<reserve_outcome>(claiming(2, "k", "h"));
    ASSERT_EQ(out.why, refused_by::claimed);
    EXPECT_FALSE(out.claimed->running);
    EXPECT_TRUE(out.claimed->answered);
    EXPECT_EQ(b.answers.at(id_of(1)).body, "{}");
}

TEST(claims, a_holder_that_ended_without_an_answer_is_succeeded) {
    for (const int how : {0, 1, 2}) {
        SCOPED_TRACE(how);
        book b;
        const auto hold = b.one<reserve_outcome>(claiming(1, "k", "h")).hold;
        const op ends[] = {settle_of(hold, 5), release_op{hold, row_of(hold)}, expire_op{hold, row_of(hold)}};
        b.run({ends[how]});
        EXPECT_TRUE(b.one<reserve_outcome>(claiming(2, "k", "h2")).admitted);
        EXPECT_EQ(b.rows.claims.at({"acme", "k"}).holder, id_of(2));
        EXPECT_EQ(b.rows.claims.at({"acme", "k"}).hash, "h2");
    }
}

TEST(claims, a_refused_request_takes_none) {
    book b;
    EXPECT_EQ(b.one<reserve_outcome>(claiming(1, "k", "h", 59)).why, refused_by::limit);
    EXPECT_TRUE(b.rows.claims.empty());
    b.run({claiming(2, "k", "h")});
    EXPECT_EQ(b.rows.claims.at({"acme", "k"}).holder, id_of(2));
}

TEST(claims, the_holder_itself_may_repeat_and_make_attempts) {
    book b;
    b.run({claiming(1, "k", "h")});
    EXPECT_TRUE(b.one<reserve_outcome>(claiming(1, "k", "h")).repeated);
    reserve_op next = claiming(1, "k", "h");
    next.hold.attempt = 1;
    EXPECT_TRUE(b.one<reserve_outcome>(next).admitted);
}

TEST(claims, an_old_one_counts_as_absent) {
    for (const std::int64_t age : {limits::idempotency_kept_s - 1, limits::idempotency_kept_s}) {
        SCOPED_TRACE(age);
        book b;
        b.run({claiming(1, "k", "h")});
        b.rows.now.us += age * 1'000'000;
        EXPECT_EQ(b.one<reserve_outcome>(claiming(2, "k", "h")).admitted, age == limits::idempotency_kept_s);
    }
}

TEST(claims, one_batch_sees_what_happened_in_it) {
    book b;
    const auto first = b.run({claiming(1, "k", "h"), claiming(2, "k", "h")});
    EXPECT_EQ(std::get<reserve_outcome>(first[1]).why, refused_by::claimed);
    EXPECT_TRUE(std::get<reserve_outcome>(first[1]).claimed->running);
    const auto hold = std::get<reserve_outcome>(first[0]).hold;
    const auto second = b.run({answered(hold, "{}"), claiming(2, "k", "h")});
    EXPECT_TRUE(std::get<reserve_outcome>(second[1]).claimed->answered);
    EXPECT_FALSE(std::get<reserve_outcome>(second[1]).claimed->running);
    book c;
    const auto other = c.one<reserve_outcome>(claiming(1, "k", "h")).hold;
    const auto third = c.run({release_op{other, row_of(other)}, claiming(2, "k", "h")});
    EXPECT_TRUE(std::get<reserve_outcome>(third[1]).admitted);
}

TEST(answers, a_late_settlement_brings_its_answer_and_a_repeated_one_does_not) {
    book b;
    const auto hold = b.one<reserve_outcome>(claiming(1, "k", "h")).hold;
    b.run({expire_op{hold, row_of(hold)}});
    EXPECT_TRUE(b.one<end_outcome>(answered(hold, "late")).late);
    EXPECT_EQ(b.answers.at(id_of(1)).body, "late");
    EXPECT_TRUE(b.one<end_outcome>(answered(hold, "again")).repeated);
    EXPECT_EQ(b.answers.at(id_of(1)).body, "late");
}

// ---- tokens ---------------------------------------------------------------------------------------------------

TEST(tokens, one_is_spent_once_and_only_with_a_hold) {
    book b;
    const auto spending = [](std::uint64_t n, std::int64_t limit) {
        reserve_op op = reserve_of(n, 60, {cost_limit(limit)});
        op.spends_token = "t";
        return op;
    };
    EXPECT_EQ(b.one<reserve_outcome>(spending(1, 59)).why, refused_by::limit);
    EXPECT_TRUE(b.rows.tokens.empty());
    EXPECT_TRUE(b.one<reserve_outcome>(spending(2, 1'000)).admitted);
    EXPECT_EQ(b.one<reserve_outcome>(spending(3, 0)).why, refused_by::token_spent);
    EXPECT_TRUE(b.one<reserve_outcome>(spending(2, 1'000)).repeated);
    reserve_op next = spending(2, 1'000);
    next.hold.attempt = 1;
    EXPECT_TRUE(b.one<reserve_outcome>(next).admitted);
    book c;
    const auto both = c.run({spending(1, 1'000), spending(2, 1'000)});
    EXPECT_EQ(std::get<reserve_outcome>(both[1]).why, refused_by::token_spent);
}

TEST(unknown_usage, is_charged_as_the_policy_says) {
    reservation hold;
    hold.amount = usd_nano(9);
    hold.input_amount = usd_nano(4);
    struct row {
        unknown_usage choice;
        std::int64_t charged;
    };
    for (const row& r : {row{unknown_usage::charge_estimate, 9}, row{unknown_usage::charge_input, 4},
                         row{unknown_usage::release, 0}}) {
        hold.on_unknown = r.choice;
        EXPECT_EQ(charge_of_unknown(hold), usd_nano(r.charged));
    }
}

}
