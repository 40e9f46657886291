#include "ops.hpp"
#include "world.hpp"

#include <atomic>
#include <barrier>
#include <random>
#include <thread>

namespace tollgate::test {

namespace {

constexpr int threads = 4;

// Runs `work(store, thread)` on several threads, each with a store of its own, started together.
template <class Work>
void together(world& here, Work work) {
    std::barrier start(threads);
    std::vector<std::thread> all;
    std::vector<std::unique_ptr<store::ledger_store>> stores;
    for (int i = 0; i < threads; ++i) stores.push_back(here.open_ledger());
    for (int i = 0; i < threads; ++i)
        all.emplace_back([&, i] {
            start.arrive_and_wait();
            work(*stores[static_cast<std::size_t>(i)], i);
        });
    for (std::thread& each : all) each.join();
}

}

TEST_P(over_stores, several_stores_never_pass_a_limit_together) {
    constexpr std::int64_t maximum = 2'050; // 20 holds of 100, and no room for another
    std::atomic<int> admitted{0}, refused{0};
    together(*here, [&](store::ledger_store& store, int thread) {
        for (std::uint64_t i = 0; i < 10; ++i) {
            const auto id = id_of(static_cast<std::uint64_t>(thread) * 1'000 + i);
            const auto out =
                must_reserve(store, reserve(id, {.limits = {cost_limit("tenant", window::total, maximum)}}));
            (out.admitted ? admitted : refused) += 1;
        }
    });
    EXPECT_EQ(admitted, 20);
    EXPECT_EQ(refused, threads * 10 - 20);
    const auto store = here->open_ledger();
    EXPECT_EQ(counter_at(*store, {"acme", "tenant", window::total, 0}).held, usd_nano(2'000));
    EXPECT_TRUE(here->verify().empty());
}

// The first request of a window meets no row to lock: exactly one of many may make it.
TEST_P(over_stores, a_new_counter_is_made_once_by_many) {
    for (std::uint64_t round = 0; round < 12; ++round) {
        SCOPED_TRACE(round);
        const std::string scope = "feature=f" + std::to_string(round);
        std::atomic<int> admitted{0};
        together(*here, [&](store::ledger_store& store, int thread) {
            const auto id = id_of(round * 100 + static_cast<std::uint64_t>(thread));
            const auto out = must_reserve(store, reserve(id, {.limits = {cost_limit(scope, window::day, 100)}}));
            admitted += out.admitted ? 1 : 0;
        });
        EXPECT_EQ(admitted, 1);
    }
}

TEST_P(over_stores, a_prepaid_balance_is_never_overdrawn_by_several_stores) {
    const auto store = here->open_ledger();
    must_run(*store, {top_up("acme", "k", 1'000, id_of(999'999))});
    std::atomic<std::int64_t> spent{0};
    together(*here, [&](store::ledger_store& mine, int thread) {
        for (std::uint64_t i = 0; i < 10; ++i) {
            const auto id = id_of(static_cast<std::uint64_t>(thread) * 1'000 + i);
            const auto out = must_reserve(mine, reserve(id, {.prepaid = true}));
            if (!out.admitted) continue;
            must_end(mine, settle(out.hold, 80));
            spent += 80;
        }
    });
    EXPECT_LE(spent, 1'000);
    EXPECT_GE(spent, 880); // at 920 no further hold of 100 fits
    const auto found = look(*store, [](ledger::wanted& rows) { rows.balances.add("acme"); });
    EXPECT_EQ(found.balances.find_row("acme")->now.spent, usd_nano(spent));
    EXPECT_TRUE(here->verify().empty());
}

// One process settles while another sweeps: whoever comes second sees the first ending.
TEST_P(over_stores, a_reservation_ends_once_however_many_end_it) {
    const auto store = here->open_ledger();
    for (std::uint64_t round = 0; round < 12; ++round) {
        SCOPED_TRACE(round);
        const bool counted = round % 2 == 0; // without counters only the reservation's row is locked
        reserve_options with;
        if (counted) with.limits = {cost_limit("tenant", window::total, 1'000'000)};
        const auto hold = must_reserve(*store, reserve(id_of(round), with)).hold;
        std::atomic<int> first{0};
        together(*here, [&](store::ledger_store& mine, int thread) {
            const auto out =
                must_end(mine, thread % 2 == 0 ? ledger::op(settle(hold, 100)) : ledger::op(release(hold)));
            first += out.repeated ? 0 : 1;
        });
        EXPECT_EQ(first, 1);
    }
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_stores, a_movement_posted_by_many_happens_once) {
    std::atomic<int> posted{0};
    together(*here, [&](store::ledger_store& mine, int thread) {
        const auto done = must_run(mine, {top_up("acme", "once", 10, id_of(static_cast<std::uint64_t>(thread)))});
        posted += std::get<ledger::move_outcome>(done.at(0)).repeated ? 0 : 1;
    });
    EXPECT_EQ(posted, 1);
    EXPECT_TRUE(here->verify().empty());
}

// Random batches over overlapping counters: no deadlock, no loss, counters equal history.
TEST_P(over_stores, random_batches_of_several_stores_add_up) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    together(*here, [&](store::ledger_store& mine, int thread) {
        std::mt19937 random(seed + static_cast<unsigned>(thread));
        const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
        std::vector<ledger::reservation> open;
        for (std::uint64_t batch = 0; batch < 25; ++batch) {
            std::vector<ledger::op> ops;
            for (std::uint64_t i = 0; i < 8; ++i) {
                reserve_options with{.tenant = "t" + std::to_string(pick(4)), .amount = 1 + pick(50)};
                with.limits = {cost_limit("tenant", window::month, 2'000),
                               cost_limit("feature=" + std::to_string(pick(3)), window::minute, 400)};
                ops.emplace_back(reserve(id_of(static_cast<std::uint64_t>(thread) * 100'000 + batch * 100 + i), with));
            }
            for (const auto& hold : open)
                ops.emplace_back(pick(3) == 0 ? ledger::op(release(hold)) : ledger::op(settle(hold, pick(60))));
            open.clear();
            for (const auto& out : must_run(mine, ops))
                if (const auto* held = std::get_if<ledger::reserve_outcome>(&out); held && held->admitted)
                    open.push_back(held->hold);
        }
    });
    for (const auto& each : here->verify())
        ADD_FAILURE() << each.what << " " << each.where << ": " << each.expected << " but " << each.found;
}

}
