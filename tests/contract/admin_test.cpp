#include "ops.hpp"
#include "world.hpp"

#include <tollgate/store/run_ops.hpp>

#include <atomic>
#include <thread>

namespace tollgate::test {

namespace {

store::request_claim claim_of(const std::string& claim, const std::string& fingerprint = "f1") {
    return {"alice", "k1", fingerprint, claim};
}

store::published_policy policy_of(const std::string& tenant, const std::string& version) {
    return {tenant, version, "{\"tenant_id\":\"" + tenant + "\"}", {}, "alice", 0};
}

}

TEST_P(over_databases, one_of_many_claims_at_once_is_mine) {
    constexpr int many = 4;
    std::atomic<int> mine = 0, running = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < many; ++i)
        threads.emplace_back([&, i] {
            const auto desk = admin();
            const auto got = desk->claim(claim_of("c" + std::to_string(i)));
            ASSERT_TRUE(got.has_value()) << got.error().detail;
            (got->state == store::claim_state::mine ? mine : running) += 1;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(mine, 1);
    EXPECT_EQ(running, many - 1);
}

TEST_P(over_databases, a_finished_claim_answers_its_repetitions_and_no_other_body) {
    const auto desk = admin();
    ASSERT_EQ(desk->claim(claim_of("c1"))->state, store::claim_state::mine);
    EXPECT_EQ(desk->claim(claim_of("c2"))->state, store::claim_state::running);
    EXPECT_EQ(desk->claim(claim_of("c2", "f2"))->state, store::claim_state::other_body);
    {
        store::admin_transaction together(*desk);
        ASSERT_TRUE(together.begun().has_value());
        EXPECT_TRUE(desk->finish(claim_of("c1"), 201, "{\"a\":1}").value());
        ASSERT_TRUE(together.commit().has_value());
    }
    ASSERT_TRUE(desk->unclaim(claim_of("c1")).has_value()); // too late
    const auto again = desk->claim(claim_of("c3"));
    EXPECT_EQ(again->state, store::claim_state::done);
    EXPECT_EQ(again->status, 201);
    EXPECT_EQ(again->answer, "{\"a\":1}");
    EXPECT_EQ(desk->claim(claim_of("c3", "f2"))->state, store::claim_state::other_body);
    EXPECT_EQ(desk->claim({"bob", "k1", "f2", "c4"})->state, store::claim_state::mine) << "a key is its actor's";
}

TEST_P(over_databases, a_claim_that_is_given_back_may_be_taken_with_another_body) {
    const auto desk = admin();
    ASSERT_EQ(desk->claim(claim_of("c1"))->state, store::claim_state::mine);
    ASSERT_TRUE(desk->unclaim(claim_of("c9")).has_value()); // not theirs
    EXPECT_EQ(desk->claim(claim_of("c2"))->state, store::claim_state::running);
    ASSERT_TRUE(desk->unclaim(claim_of("c1")).has_value());
    EXPECT_EQ(desk->claim(claim_of("c2", "f2"))->state, store::claim_state::mine);
}

TEST_P(over_databases, an_abandoned_claim_is_taken_over_and_its_first_holder_can_no_longer_finish) {
    const auto desk = admin();
    ASSERT_EQ(desk->claim(claim_of("c1"))->state, store::claim_state::mine);
    const bool lite = GetParam() == kind::sqlite;
    here->sql(lite ? "UPDATE admin_requests SET claimed = claimed - 61000000"
                   : "UPDATE admin_requests SET claimed = claimed - interval '61 seconds'");
    EXPECT_EQ(desk->claim(claim_of("c2"))->state, store::claim_state::mine);
    store::admin_transaction together(*desk);
    EXPECT_FALSE(desk->finish(claim_of("c1"), 200, "").value());
    EXPECT_TRUE(desk->finish(claim_of("c2"), 200, "").value());
    ASSERT_TRUE(together.commit().has_value());
    here->sql(lite ? "UPDATE admin_requests SET claimed = claimed - 86401000000"
                   : "UPDATE admin_requests SET claimed = claimed - interval '86401 seconds'");
    EXPECT_EQ(desk->claim(claim_of("c3"))->state, store::claim_state::mine) << "forgotten after a day";
}

TEST_P(over_databases, what_is_rolled_back_never_was) {
    const auto desk = admin();
    {
        store::admin_transaction together(*desk);
        ASSERT_TRUE(desk->set_tenant_status("acme", "suspended").has_value());
        ASSERT_TRUE(desk->audit({"alice", "tenant.status", "acme", "", ""}).has_value());
        ASSERT_TRUE(desk->publish(policy_of("acme", "v2")).has_value());
    }
    EXPECT_EQ(desk->tenant_status("acme").value(), "");
    EXPECT_FALSE(desk->published("acme")->has_value());
    EXPECT_TRUE(desk->audits({{}, {}, "", "", 10})->empty());
}

TEST_P(over_databases, statuses_and_published_policies_are_followed_by_their_revision) {
    const auto desk = admin();
    const auto db = keys();
    const auto change = [&](auto work) {
        store::admin_transaction together(*desk);
        ASSERT_TRUE(together.begun().has_value());
        work();
        ASSERT_TRUE(together.commit().has_value());
    };
    change([&] {
        ASSERT_TRUE(desk->set_tenant_status("acme", "suspended").has_value());
        ASSERT_TRUE(desk->set_tenant_status("beta", "closed").has_value());
        ASSERT_TRUE(desk->publish(policy_of("acme", "v2")).has_value());
        ASSERT_TRUE(desk->publish(policy_of("beta", "v7")).has_value());
    });
    EXPECT_EQ(desk->tenant_status("acme").value(), "suspended");
    EXPECT_EQ(desk->flags(10)->size(), 2u);
    const auto flags = db->flags_since(0, 10);
    ASSERT_EQ(flags->size(), 2u);
    EXPECT_EQ(flags->at(1).tenant, "beta");
    ASSERT_EQ(db->flags_since(flags->at(0).revision, 10)->size(), 1u);
    const auto policies = db->published_since(0, 1);
    ASSERT_EQ(policies->size(), 1u);
    EXPECT_EQ(policies->at(0).content, policy_of("acme", "").content);
    EXPECT_EQ(policies->at(0).actor, "alice");
    EXPECT_GT(policies->at(0).at.us, 0);

    const std::int64_t seen = db->revision().value();
    change([&] {
        ASSERT_TRUE(desk->set_tenant_status("acme", "").has_value());
        ASSERT_TRUE(desk->publish({"beta", "", "", {}, "bob", 0}).has_value());
    });
    EXPECT_EQ(desk->flags(10)->size(), 1u);
    EXPECT_EQ(db->flags_since(seen, 10)->at(0).status, "");
    EXPECT_EQ(db->published_since(seen, 10)->at(0).version, "");
}

TEST_P(over_databases, a_version_of_a_policy_keeps_its_first_content) {
    const auto desk = admin();
    for (const char* hash : {"h1", "h2"}) {
        store::admin_transaction together(*desk);
        ASSERT_TRUE(desk->add_version({"acme", "v1", hash, hash, {}}).has_value());
        ASSERT_TRUE(desk->add_version({"acme", std::string("v-") + hash, hash, hash, {}}).has_value());
        ASSERT_TRUE(together.commit().has_value());
    }
    EXPECT_EQ(desk->version_of("acme", "v1").value()->hash, "h1");
    EXPECT_EQ(desk->version_of("acme", "v-h2").value()->content, "h2");
    EXPECT_EQ(desk->versions("acme", 10)->size(), 3u);
    EXPECT_EQ(desk->versions("acme", 2)->size(), 2u);
    EXPECT_TRUE(desk->versions("beta", 10)->empty());
    EXPECT_FALSE(desk->version_of("acme", "v9").value().has_value());
}

TEST_P(over_databases, the_audit_is_read_newest_first_in_pages_by_subject_and_time) {
    const auto desk = admin();
    for (int i = 0; i < 5; ++i) {
        store::admin_transaction together(*desk);
        const std::string subject = i % 2 == 0 ? "acme" : "beta";
        ASSERT_TRUE(desk->audit({"alice", "do" + std::to_string(i), subject, "{}", R"({"a":1})"}).has_value());
        ASSERT_TRUE(together.commit().has_value());
    }
    std::vector<std::string> seen;
    std::string after;
    for (int page = 0; page < 9; ++page) {
        const auto rows = desk->audits({{}, {}, "", after, 2});
        ASSERT_TRUE(rows.has_value()) << rows.error().detail;
        if (rows->empty()) break;
        for (const auto& entry : *rows) seen.push_back(entry.row.what);
        after = rows->back().place;
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"do4", "do3", "do2", "do1", "do0"}));
    ASSERT_EQ(desk->audits({{}, {}, "beta", "", 9})->size(), 2u);
    const auto newest = desk->audits({{}, {}, "", "", 1})->at(0);
    EXPECT_EQ(newest.row.after, R"({"a":1})");
    EXPECT_TRUE(desk->audits({instant{newest.at.us + 1}, {}, "", "", 9})->empty());
    EXPECT_EQ(desk->audits({{}, instant{newest.at.us + 1}, "", "", 9})->size(), 5u);
    EXPECT_TRUE(desk->audits({{}, {}, "", "nonsense", 9})->empty());
}

TEST_P(over_databases, a_movement_and_its_audit_row_are_one_commit) {
    const auto ledger = here->open_ledger();
    const auto desk = admin();
    const ledger::op ops[] = {top_up("acme", "k1", 5'000'000'000, id_of(1))};
    const auto told = [](const std::vector<ledger::outcome>& outcomes) {
        const auto& done = std::get<ledger::move_outcome>(outcomes.back());
        return std::vector<store::audit_row>{{"alice", "balance.top_up", "acme", "", to_usd(done.available)}};
    };
    ASSERT_TRUE(store::run_ops(*ledger, ops, told).has_value());
    ASSERT_TRUE(store::run_ops(*ledger, ops, told).has_value()); // posted already: nothing is written
    const auto rows = desk->audits({{}, {}, "acme", "", 9});
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->at(0).row.after, "5.00");
    // What a batch that is rolled back would have told is not told by the next.
    const auto found = ledger->begin([&](instant now) { return ledger::rows_of(ops, now); });
    ASSERT_TRUE(found.has_value());
    ledger->audit({"alice", "lost", "acme", "", ""});
    ledger->rollback();
    const ledger::op more[] = {top_up("acme", "k2", 1'000'000'000, id_of(2))};
    ASSERT_TRUE(store::run_ops(*ledger, more).has_value());
    EXPECT_EQ(desk->audits({{}, {}, "acme", "", 9})->size(), 1u);
}

}
