#include "ops.hpp"
#include "world.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::test {

namespace {

const limit_check total_limit = cost_limit("tenant", window::total, 1'000);
const ledger::counter_key total_key{"acme", "tenant", window::total, 0};

ledger::reserve_op attempt(request_id id, std::uint8_t number, std::int64_t amount, bool prepaid = false) {
    ledger::reserve_op op = reserve(id, {.amount = amount, .prepaid = prepaid, .limits = {total_limit}});
    op.hold.attempt = number;
    op.also_count = {{"attempt=" + std::to_string(number), window::total, 0}};
    return op;
}

ledger::reserve_op claiming(request_id id, const std::string& key, std::string hash) {
    ledger::reserve_op op = reserve(id, {.limits = {total_limit}});
    op.claim = ledger::claim{key, std::move(hash)};
    return op;
}

ledger::reserve_op spending(request_id id, std::string token) {
    ledger::reserve_op op = reserve(id, {.limits = {total_limit}});
    op.spends_token = std::move(token);
    return op;
}

ledger::settle_op answered(const ledger::reservation& hold, std::string body) {
    ledger::settle_op op = settle(hold, 10);
    op.answer = ledger::stored_answer{201, "application/json", std::move(body)};
    return op;
}

std::optional<ledger::stored_answer> answer_of(world& here, request_id id) {
    if (here.memory()) return here.memory()->stored_answer("acme", id);
    return here.database()->open_accounts().value()->stored_answer("acme", id).value();
}

// What is left to be pruned after everything has been, a day and an hour later. SQL ages the rows of a database.
void age_all(world& here) {
    if (memory_database* memory = here.memory()) {
        const std::int64_t day_us = limits::idempotency_kept_s * 1'000'000;
        for (auto& [key, row] : memory->rows().claims) row.created.us -= day_us;
        for (auto& [key, row] : memory->rows().answers) row.created.us -= day_us;
        for (auto& [key, row] : memory->rows().tokens) row.created.us -= day_us;
        return;
    }
    const bool sqlite = here.database()->description().starts_with("sqlite");
    for (const char* table : {"claims", "answers", "spent_tokens"})
        here.sql(std::string("UPDATE ") + table + " SET created = created - " +
                 (sqlite ? "86400000000" : "interval '1 day'"));
}

}

TEST_P(over_stores, a_later_attempt_takes_the_place_of_a_hold) {
    const auto store = here->open_ledger();
    must_run(*store, {top_up("acme", "k1", 2'000, id_of(100))});
    must_reserve(*store, attempt(id_of(1), 0, 400, true));
    const auto out = must_reserve(*store, attempt(id_of(1), 1, 1'000, true));
    ASSERT_TRUE(out.admitted);
    EXPECT_EQ(counter_at(*store, total_key), (ledger::counter{usd_nano(), usd_nano(1'000), 1, 0, 10, 1}));
    EXPECT_EQ(counter_at(*store, {"acme", "attempt=0", window::total, 0}), ledger::counter{});
    EXPECT_EQ(counter_at(*store, {"acme", "attempt=1", window::total, 0}).held, usd_nano(1'000));
    const auto found = look(*store, [](ledger::wanted& rows) {
        rows.balances.add("acme");
        rows.reservations.emplace(id_of(1), "acme");
    });
    EXPECT_EQ(found.balances.find_row("acme")->now.held, usd_nano(1'000));
    EXPECT_EQ(found.reservations.at(id_of(1)), out.hold);
    EXPECT_TRUE(must_reserve(*store, attempt(id_of(1), 1, 1'000, true)).repeated); // after a lost acknowledgement
    EXPECT_EQ(must_reserve(*store, attempt(id_of(1), 0, 400, true)).hold, out.hold);
    EXPECT_TRUE(here->verify().empty());
    must_end(*store, settle(out.hold, 700));
    EXPECT_EQ(counter_at(*store, total_key), (ledger::counter{usd_nano(700), usd_nano(), 1, 10, 0, 0}));
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, a_refused_attempt_leaves_the_hold_as_it_was) {
    const auto store = here->open_ledger();
    const auto first = must_reserve(*store, attempt(id_of(1), 0, 400));
    const auto out = must_reserve(*store, attempt(id_of(1), 1, 1'001));
    EXPECT_FALSE(out.admitted);
    EXPECT_EQ(counter_at(*store, total_key).held, usd_nano(400));
    const auto found = look(*store, [](ledger::wanted& rows) { rows.reservations.emplace(id_of(1), "acme"); });
    EXPECT_EQ(found.reservations.at(id_of(1)), first.hold);
    EXPECT_TRUE(here->verify().empty());
}

// The caller of attempt 0 ends the request although attempt 1 holds by then: the acknowledgement of that was lost.
TEST_P(over_stores, an_ending_under_an_older_attempt_ends_the_hold_that_is_open) {
    const auto store = here->open_ledger();
    const auto first = must_reserve(*store, attempt(id_of(1), 0, 400));
    must_reserve(*store, attempt(id_of(1), 1, 900));
    EXPECT_EQ(must_end(*store, settle(first.hold, 300)).charged, usd_nano(300));
    EXPECT_EQ(counter_at(*store, total_key), (ledger::counter{usd_nano(300), usd_nano(), 1, 10, 0, 0}));
    EXPECT_EQ(counter_at(*store, {"acme", "attempt=1", window::total, 0}).held, usd_nano(0));
    EXPECT_TRUE(must_end(*store, settle(first.hold, 300)).repeated);
    EXPECT_EQ(must_reserve(*store, attempt(id_of(1), 2, 900)).why, ledger::refused_by::ended);
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, attempts_may_share_a_batch_with_endings) {
    const auto store = here->open_ledger();
    const auto second = must_reserve(*store, attempt(id_of(2), 0, 10)).hold;
    const auto out = must_run(*store, {attempt(id_of(1), 0, 400), attempt(id_of(1), 1, 500), attempt(id_of(2), 1, 20),
                                       settle(second, 5), attempt(id_of(2), 2, 20)});
    EXPECT_TRUE(std::get<ledger::reserve_outcome>(out[1]).admitted);
    EXPECT_EQ(std::get<ledger::end_outcome>(out[3]).charged, usd_nano(5));
    EXPECT_EQ(std::get<ledger::reserve_outcome>(out[4]).why, ledger::refused_by::ended);
    EXPECT_EQ(counter_at(*store, total_key), (ledger::counter{usd_nano(5), usd_nano(500), 2, 10, 10, 1}));
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, a_claim_is_held_by_one_request_until_it_ends) {
    const auto store = here->open_ledger();
    const std::string key = "caller's key \xff";
    const auto hold = must_reserve(*store, claiming(id_of(1), key, "h")).hold;
    EXPECT_TRUE(must_reserve(*store, claiming(id_of(1), key, "h")).repeated);
    auto out = must_reserve(*store, claiming(id_of(2), key, "other"));
    ASSERT_EQ(out.why, ledger::refused_by::claimed);
    EXPECT_FALSE(out.admitted);
    EXPECT_EQ(out.claimed->holder, id_of(1));
    EXPECT_FALSE(out.claimed->same_request);
    EXPECT_TRUE(out.claimed->running);
    EXPECT_FALSE(out.claimed->answered);

    must_end(*store, answered(hold, std::string("{\0}", 3)));
    must_end(*store, answered(hold, "sent again"));
    out = must_reserve(*store, claiming(id_of(2), key, "h"));
    ASSERT_EQ(out.why, ledger::refused_by::claimed);
    EXPECT_TRUE(out.claimed->same_request);
    EXPECT_FALSE(out.claimed->running);
    EXPECT_TRUE(out.claimed->answered);
    const ledger::stored_answer wanted{201, "application/json", std::string("{\0}", 3)};
    EXPECT_EQ(answer_of(*here, id_of(1)), wanted);
    EXPECT_EQ(answer_of(*here, id_of(2)), std::nullopt);

    ledger::reserve_op beta = claiming(id_of(3), key, "h");
    beta.hold.tenant = "beta";
    EXPECT_TRUE(must_reserve(*store, beta).admitted);
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, a_claim_whose_holder_failed_is_taken_over) {
    const auto store = here->open_ledger();
    const auto hold = must_reserve(*store, claiming(id_of(1), "k", "h1")).hold;
    must_end(*store, release(hold));
    EXPECT_TRUE(must_reserve(*store, claiming(id_of(2), "k", "h2")).admitted);
    const auto out = must_reserve(*store, claiming(id_of(3), "k", "h2"));
    ASSERT_EQ(out.why, ledger::refused_by::claimed);
    EXPECT_EQ(out.claimed->holder, id_of(2));
    EXPECT_TRUE(out.claimed->same_request);
}

// Two gateways begin with the same new key: the one that commits later finds it taken.
TEST_P(over_databases, a_claim_that_another_process_makes_meanwhile_is_found) {
    const auto one = here->open_ledger(), two = here->open_ledger();
    ledger::reserve_op first = claiming(id_of(1), "k", "h"), second = claiming(id_of(2), "k", "h");
    first.hold.tenant = second.hold.tenant = "acme";
    first.limits = {cost_limit("a", window::total, 1'000)};
    second.limits = {cost_limit("b", window::total, 1'000)};
    std::vector<ledger::op> ops{second};
    if (GetParam() == kind::sqlite) { // one writer at a time: there is no meanwhile
        must_reserve(*one, first);
    } else {
        must_reserve(*two, reserve(id_of(9), {.limits = second.limits})); // its counter is there
        auto found = two->begin([&](instant now) { return ledger::rows_of(ops, now); });
        ASSERT_TRUE(found.has_value());
        must_reserve(*one, first);
        const auto done = two->commit(ledger::apply(std::span<const ledger::op>(ops), *found).write);
        ASSERT_FALSE(done.has_value());
        EXPECT_EQ(done.error().fault, store_fault::conflict);
    }
    EXPECT_EQ(must_reserve(*two, second).why, ledger::refused_by::claimed);
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, a_token_is_spent_by_one_request) {
    const auto store = here->open_ledger();
    ledger::reserve_op refused = spending(id_of(1), "t");
    refused.hold.amount = usd_nano(1'001);
    EXPECT_EQ(must_reserve(*store, refused).why, ledger::refused_by::limit);
    EXPECT_TRUE(must_reserve(*store, spending(id_of(2), "t")).admitted);
    EXPECT_TRUE(must_reserve(*store, spending(id_of(2), "t")).repeated);
    EXPECT_EQ(must_reserve(*store, spending(id_of(3), "t")).why, ledger::refused_by::token_spent);
    ledger::reserve_op beta = spending(id_of(4), "t");
    beta.hold.tenant = "beta";
    EXPECT_TRUE(must_reserve(*store, beta).admitted);
}

TEST_P(over_stores, old_claims_answers_and_tokens_are_pruned_and_young_ones_kept) {
    const auto store = here->open_ledger();
    const auto hold = must_reserve(*store, claiming(id_of(1), "k1", "h")).hold;
    must_end(*store, answered(hold, "{}"));
    must_reserve(*store, claiming(id_of(2), "k2", "h"));
    must_reserve(*store, spending(id_of(3), "t"));
    EXPECT_EQ(store->prune_repeats(10).value(), 0u);
    age_all(*here);
    EXPECT_TRUE(must_reserve(*store, claiming(id_of(4), "k1", "h")).admitted); // although it is there still
    must_reserve(*store, claiming(id_of(5), "k3", "h"));
    EXPECT_EQ(store->prune_repeats(10).value(), 3u);
    EXPECT_EQ(answer_of(*here, id_of(1)), std::nullopt);
    EXPECT_TRUE(must_reserve(*store, spending(id_of(6), "t")).admitted);
    EXPECT_EQ(must_reserve(*store, claiming(id_of(7), "k1", "h")).why, ledger::refused_by::claimed);
    EXPECT_EQ(must_reserve(*store, claiming(id_of(7), "k3", "h")).why, ledger::refused_by::claimed);
    EXPECT_TRUE(must_reserve(*store, claiming(id_of(7), "k2", "h")).admitted);
}

}
