#include "ops.hpp"
#include "world.hpp"

#include <tollgate/store/seed_store.hpp>

#include <atomic>
#include <thread>

namespace tollgate::test {

namespace {

class seeded_stores : public over_stores {
protected:
    std::unique_ptr<store::seed_store> seeds() { return here->database()->open_seeds().value(); }
    ledger::counter total_of(const std::string& scope) {
        return counter_at(*here->open_ledger(), {"acme", scope, window::total, 0});
    }
    void expect_right_books() {
        for (const auto& each : here->verify())
            ADD_FAILURE() << each.where << ": " << each.expected << ", " << each.found;
    }
};

ledger::seed seed_of(std::string scope, std::int64_t spent, std::int64_t as_of_us, window span = window::total) {
    ledger::seed out;
    out.key = {"acme", std::move(scope), span, 0};
    out.spent = usd_nano(spent);
    out.requests = 2;
    out.tokens = 9;
    out.as_of = {as_of_us};
    return out;
}

}

TEST_P(seeded_stores, a_seed_makes_its_counter_and_the_books_still_add_up) {
    const auto db = seeds();
    EXPECT_EQ(db->plant({seed_of("feature=b", 70, 1), seed_of("feature=a", 60, 1)}).value(), 2u);
    const ledger::counter at = total_of("feature=a");
    EXPECT_EQ(at.spent, usd_nano(60));
    EXPECT_EQ(at.requests, 2);
    EXPECT_EQ(at.tokens, 9);
    expect_right_books();
    here->sql("UPDATE counter_seeds SET spent = spent + 1 WHERE scope = 'feature=a'");
    EXPECT_EQ(here->verify().size(), 1u);
}

TEST_P(seeded_stores, a_counter_that_exists_keeps_what_it_has) {
    const auto ledger = here->open_ledger();
    const auto held =
        must_reserve(*ledger, reserve(id_of(1), {.limits = {cost_limit("feature=a", window::total, 1'000)}}));
    must_end(*ledger, settle(held.hold, 40));
    must_reserve(*ledger, reserve(id_of(2), {.limits = {cost_limit("feature=a", window::total, 1'000)}}));
    const auto db = seeds();
    EXPECT_EQ(db->plant({seed_of("feature=a", 60, 1)}).value(), 1u);
    const ledger::counter at = total_of("feature=a");
    EXPECT_EQ(at.spent, usd_nano(100));
    EXPECT_EQ(at.held, usd_nano(100));
    EXPECT_EQ(at.requests, 4);
    EXPECT_EQ(at.in_flight, 1);
    expect_right_books();
}

TEST_P(seeded_stores, planting_again_changes_nothing_and_a_later_seed_takes_the_place) {
    const auto db = seeds();
    EXPECT_EQ(db->plant({seed_of("feature=a", 60, 10)}).value(), 1u);
    EXPECT_EQ(db->plant({seed_of("feature=a", 60, 10)}).value(), 0u);
    EXPECT_EQ(db->plant({seed_of("feature=a", 90, 9)}).value(), 0u);
    EXPECT_EQ(total_of("feature=a").spent, usd_nano(60));
    EXPECT_EQ(db->plant({seed_of("feature=a", 45, 11)}).value(), 1u);
    EXPECT_EQ(total_of("feature=a").spent, usd_nano(45));
    EXPECT_EQ(db->plant({}).value(), 0u);
    expect_right_books();
}

TEST_P(seeded_stores, processes_that_plant_while_others_spend_lose_nothing) {
    constexpr int rounds = 40;
    constexpr std::int64_t per_request = 3;
    std::atomic<int> settled{0};
    std::vector<std::thread> all;
    for (int thread = 0; thread < 2; ++thread)
        all.emplace_back([&, thread] {
            const auto ledger = here->open_ledger();
            for (int i = 0; i < rounds; ++i) {
                const auto id = id_of(static_cast<std::uint64_t>(1'000 * (thread + 1) + i));
                const auto held =
                    must_reserve(*ledger, reserve(id, {.limits = {cost_limit("feature=a", window::total, 99'999)}}));
                ASSERT_TRUE(held.admitted);
                must_end(*ledger, settle(held.hold, per_request));
                ++settled;
            }
        });
    for (int thread = 0; thread < 2; ++thread)
        all.emplace_back([&, thread] {
            const auto db = seeds();
            for (int i = 0; i < rounds; ++i) {
                const auto done = db->plant({seed_of("feature=a", 100 + i, 2 * i + thread + 1),
                                             seed_of("feature=b", 100 + i, 2 * i + thread + 1)});
                EXPECT_TRUE(done || done.error().fault != store_fault::corrupt) << done.error().detail;
            }
        });
    for (auto& each : all) each.join();
    ASSERT_TRUE(seeds()->plant({seed_of("feature=a", 500, 1'000)}).has_value());
    EXPECT_EQ(total_of("feature=a").spent, usd_nano(500 + per_request * settled));
    expect_right_books();
}

TEST_P(seeded_stores, what_is_kept_is_remembered_beside_whether_there_is_a_history) {
    const auto ledger = here->open_ledger();
    const auto db = seeds();
    must_reserve(*ledger, reserve(id_of(1), {.tenant = "open"}));
    must_end(*ledger, settle(must_reserve(*ledger, reserve(id_of(2), {.tenant = "ended"})).hold, 1));
    ASSERT_TRUE(db->keep({{"open", "a\nb\n", false}, {"new", "c\n", false}}).has_value());
    ASSERT_TRUE(db->keep({{"open", "d\n", false}}).has_value());
    const auto kept = db->kept({"open", "nobody", "ended", "new"}).value();
    ASSERT_EQ(kept.size(), 4u);
    EXPECT_EQ(kept[0].tenant, "open");
    EXPECT_EQ(kept[0].families, "d\n");
    EXPECT_TRUE(kept[0].has_history);
    EXPECT_EQ(kept[1].families, "");
    EXPECT_FALSE(kept[1].has_history);
    EXPECT_TRUE(kept[2].has_history);
    EXPECT_EQ(kept[3].families, "c\n");
    EXPECT_FALSE(kept[3].has_history);
    EXPECT_TRUE(db->kept({})->empty());
}

TEST_P(seeded_stores, open_holds_are_read_in_pages_with_their_records) {
    const auto ledger = here->open_ledger();
    for (std::uint64_t n = 1; n <= 5; ++n) must_reserve(*ledger, reserve(id_of(n), {}));
    must_reserve(*ledger, reserve(id_of(9), {.tenant = "other"}));
    const auto db = seeds();
    const auto first = db->holds("acme", {}, 3).value();
    ASSERT_EQ(first.size(), 3u);
    EXPECT_EQ(first[0].id, id_of(1));
    EXPECT_EQ(first[0].record, R"({"route":"chat"})");
    const auto rest = db->holds("acme", first.back().id, 3).value();
    ASSERT_EQ(rest.size(), 2u);
    EXPECT_EQ(rest[1].id, id_of(5));
    EXPECT_NEAR(static_cast<double>(db->now()->us), static_cast<double>(here->now().us), 60e6);
}

INSTANTIATE_TEST_SUITE_P(contract, seeded_stores, testing::Values(kind::sqlite, kind::postgres));

}
