#include "ops.hpp"
#include "world.hpp"

#include "support/postgres_server.hpp"

#include <chrono>

namespace tollgate::test {

namespace {

std::int64_t elapsed_ms(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
}

const limit_check total_limit = cost_limit("tenant", window::total, 1'000);
const ledger::counter_key total_key{"acme", "tenant", window::total, 0};

}

class outage : public testing::Test {
protected:
    void SetUp() override {
        here = world::make(kind::postgres);
        ASSERT_TRUE(here) << "PostgreSQL is needed: apt-get install postgresql";
    }
    std::unique_ptr<world> here;
};

TEST_F(outage, a_store_survives_a_restart_of_its_server) {
    const auto store = here->open_ledger();
    const auto hold = must_reserve(*store, reserve(id_of(1), {.limits = {total_limit}})).hold;
    shared_server()->stop();
    const std::vector<ledger::op> ops{settle(hold, 60)};
    for (int i = 0; i < 3; ++i) {
        const auto spent = elapsed_ms([&] {
            const auto failed = run_batch(*store, ops);
            ASSERT_FALSE(failed.has_value());
            EXPECT_EQ(failed.error().fault, store_fault::unavailable);
        });
        EXPECT_LT(spent, 2'500);
    }
    shared_server()->start_again();
    EXPECT_EQ(must_end(*store, ops[0]).charged, usd_nano(60));
    EXPECT_EQ(counter_at(*store, total_key).spent, usd_nano(60));
    EXPECT_TRUE(here->verify().empty());
}

TEST_F(outage, a_server_lost_between_begin_and_commit_loses_the_batch_only) {
    const auto store = here->open_ledger();
    const std::vector<ledger::op> ops{reserve(id_of(1), {.limits = {total_limit}})};
    auto found = store->begin([&](instant now) { return ledger::rows_of(ops, now); });
    ASSERT_TRUE(found.has_value());
    shared_server()->restart();
    const auto lost = store->commit(ledger::apply(ops, *found).write);
    ASSERT_FALSE(lost.has_value());
    EXPECT_EQ(lost.error().fault, store_fault::unavailable);
    EXPECT_TRUE(std::get<ledger::reserve_outcome>(must_run(*store, ops).at(0)).admitted);
    EXPECT_EQ(counter_at(*store, total_key).held, usd_nano(100));
    EXPECT_TRUE(here->verify().empty());
}

TEST_F(outage, a_server_that_stops_answering_is_given_up_in_bounded_time) {
    const auto store = here->open_ledger();
    must_reserve(*store, reserve(id_of(1), {.limits = {total_limit}}));
    shared_server()->freeze();
    const auto spent = elapsed_ms([&] {
        const auto failed = run_batch(*store, {reserve(id_of(2), {.limits = {total_limit}})});
        ASSERT_FALSE(failed.has_value());
        EXPECT_EQ(failed.error().fault, store_fault::unavailable);
    });
    shared_server()->thaw();
    EXPECT_LT(spent, 9'000);
    EXPECT_TRUE(must_reserve(*store, reserve(id_of(2), {.limits = {total_limit}})).admitted);
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, a_batch_sent_again_after_a_lost_acknowledgement_happens_once) {
    const auto store = here->open_ledger();
    const std::vector<ledger::op> ops{reserve(id_of(1), {.limits = {total_limit}}), top_up("acme", "k", 10, id_of(9))};
    must_run(*store, ops); // committed; suppose that nobody heard
    const auto again = must_run(*store, ops);
    const auto& reserved = std::get<ledger::reserve_outcome>(again.at(0));
    EXPECT_TRUE(reserved.admitted && reserved.repeated);
    EXPECT_TRUE(std::get<ledger::move_outcome>(again.at(1)).repeated);
    EXPECT_EQ(counter_at(*store, total_key).held, usd_nano(100));

    const std::vector<ledger::op> ends{settle(reserved.hold, 60)};
    must_run(*store, ends);
    EXPECT_TRUE(std::get<ledger::end_outcome>(must_run(*store, ends).at(0)).repeated);
    EXPECT_EQ(counter_at(*store, total_key).spent, usd_nano(60));
    EXPECT_TRUE(here->verify().empty());
}

// A batch that never ends must not stop the others for good.
TEST_P(over_databases, a_store_that_sits_on_its_locks_delays_others_in_bounded_time) {
    const auto sitting = here->open_ledger(), waiting = here->open_ledger();
    must_reserve(*sitting, reserve(id_of(1), {.limits = {total_limit}}));
    ASSERT_TRUE(sitting
                    ->begin([](instant) {
                        ledger::wanted rows;
                        rows.counters.add(total_key);
                        return rows;
                    })
                    .has_value());
    const std::vector<ledger::op> ops{reserve(id_of(2), {.limits = {total_limit}})};
    const auto spent = elapsed_ms([&] {
        const auto refused = waiting->begin([&](instant now) { return ledger::rows_of(ops, now); });
        ASSERT_FALSE(refused.has_value());
        EXPECT_NE(refused.error().fault, store_fault::corrupt);
    });
    EXPECT_LT(spent, 4'000);
    sitting->rollback();
    EXPECT_TRUE(std::get<ledger::reserve_outcome>(must_run(*waiting, ops).at(0)).admitted);
}

TEST(memory_store, fails_where_it_is_told_to) {
    memory_database db([] { return instant{1'784'116'800'000'000}; });
    store_failure next = store_failure::none;
    store_point where = store_point::commit;
    db.failures = [&](store_point point) {
        return point == where ? std::exchange(next, store_failure::none) : store_failure::none;
    };
    const auto store = db.open_ledger();
    const std::vector<ledger::op> ops{reserve(id_of(1), {.limits = {total_limit}})};

    where = store_point::begin, next = store_failure::unavailable;
    EXPECT_EQ(run_batch(*store, ops).error().fault, store_fault::unavailable);
    where = store_point::commit, next = store_failure::unavailable;
    EXPECT_EQ(run_batch(*store, ops).error().fault, store_fault::unavailable);
    EXPECT_EQ(db.commits(), 0u);
    EXPECT_TRUE(db.rows().reservations.empty());
    next = store_failure::conflict;
    EXPECT_FALSE(std::get<ledger::reserve_outcome>(run_batch(*store, ops)->at(0)).repeated);
    EXPECT_EQ(db.commits(), 1u);

    const std::vector<ledger::op> more{reserve(id_of(2), {.limits = {total_limit}})};
    next = store_failure::lost_acknowledgement;
    EXPECT_EQ(run_batch(*store, more).error().fault, store_fault::unavailable);
    EXPECT_EQ(db.commits(), 2u);
    EXPECT_TRUE(std::get<ledger::reserve_outcome>(run_batch(*store, more)->at(0)).repeated);
    EXPECT_EQ(db.rows().reservations.size(), 2u);
    EXPECT_TRUE(db.verify().empty());
}

}
