// Batches on what a store remembers (ledger_store::takes_assumptions): exactly the answers of batches that lock and
// read, whatever other processes do meanwhile.

#include "ops.hpp"
#include "world.hpp"

#include <random>

namespace tollgate::test {

namespace {

const limit_check total_limit = cost_limit("tenant", window::total, 1'000);
const ledger::counter_key total_key{"acme", "tenant", window::total, 0};

// As the writer does it: on assumptions first, and after a conflict with everything probed.
class writer {
public:
    explicit writer(std::unique_ptr<store::ledger_store> store) : store_(std::move(store)) {}

    std::vector<ledger::outcome> run(const std::vector<ledger::op>& ops) {
        std::vector<const ledger::op*> list;
        for (const ledger::op& each : ops) list.push_back(&each);
        for (bool tried = false;; tried = true) {
            bool assumed = !tried && store_->takes_assumptions();
            auto found = store_->begin([&](instant now) {
                if (assumed)
                    if (auto rows = ledger::rows_assumed(list, now)) return std::move(*rows);
                assumed = false;
                return ledger::rows_of(list, now);
            });
            EXPECT_TRUE(found.has_value()) << found.error().detail;
            ledger::applied done = ledger::apply(ledger::op_list(list), *found);
            if (meanwhile) std::exchange(meanwhile, nullptr)();
            const auto committed = store_->commit(done.write);
            if (committed) {
                guessed += assumed ? 1 : 0;
                return std::move(done.outcomes);
            }
            EXPECT_EQ(committed.error().fault, store_fault::conflict) << committed.error().detail;
            conflicts += 1;
        }
    }
    ledger::reserve_outcome reserve(ledger::reserve_op op) {
        return std::get<ledger::reserve_outcome>(run({std::move(op)}).at(0));
    }
    ledger::end_outcome end(ledger::op op) { return std::get<ledger::end_outcome>(run({std::move(op)}).at(0)); }

    std::function<void()> meanwhile; // between the next judging and its commit
    int conflicts = 0, guessed = 0;

private:
    std::unique_ptr<store::ledger_store> store_;
};

}

TEST_P(over_databases, what_another_process_wrote_is_noticed_before_the_commit) {
    writer mine(here->open_ledger());
    const auto other = here->open_ledger();
    const auto hold = mine.reserve(reserve(id_of(1), {.amount = 400, .limits = {total_limit}})).hold;
    const auto theirs = must_reserve(*other, reserve(id_of(2), {.amount = 600, .limits = {total_limit}})).hold;
    EXPECT_EQ(mine.reserve(reserve(id_of(3), {.amount = 1, .limits = {total_limit}})).why,
              ledger::refused_by::limit_held);
    mine.end(settle(hold, 300));
    EXPECT_EQ(counter_at(*other, total_key).held, usd_nano(600));
    must_end(*other, release(theirs));
    // Full as far as this process remembers; a refusal is checked as a hold is.
    EXPECT_TRUE(mine.reserve(reserve(id_of(4), {.amount = 700, .limits = {total_limit}})).admitted);
    EXPECT_EQ(counter_at(*other, total_key), (ledger::counter{usd_nano(300), usd_nano(700), 3, 10, 10, 1}));
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_databases, money_that_came_in_elsewhere_is_found_by_a_refused_request) {
    writer mine(here->open_ledger());
    const auto other = here->open_ledger();
    must_run(*other, {top_up("acme", "k1", 100, id_of(100))});
    EXPECT_TRUE(mine.reserve(reserve(id_of(1), {.prepaid = true})).admitted);
    EXPECT_EQ(mine.reserve(reserve(id_of(2), {.prepaid = true})).why, ledger::refused_by::prepaid_held);
    must_run(*other, {top_up("acme", "k2", 100, id_of(101))});
    EXPECT_TRUE(mine.reserve(reserve(id_of(3), {.prepaid = true})).admitted);
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_databases, a_row_that_a_person_repaired_is_not_overwritten) {
    writer mine(here->open_ledger());
    const auto hold = mine.reserve(reserve(id_of(1), {.limits = {total_limit}})).hold;
    mine.end(settle(hold, 60));
    here->sql("UPDATE counters SET windows = replace(windows, 'total 0 60 ', 'total 0 950 ')");
    EXPECT_EQ(mine.reserve(reserve(id_of(2), {.limits = {total_limit}})).why, ledger::refused_by::limit);
    EXPECT_EQ(counter_at(*here->open_ledger(), total_key).spent, usd_nano(950));
}

TEST_P(over_databases, an_assumed_hold_that_is_not_open_is_looked_for) {
    writer mine(here->open_ledger());
    const auto other = here->open_ledger();
    const auto first = mine.reserve(reserve(id_of(1), {.limits = {total_limit}})).hold;
    must_end(*other, settle(first, 70));
    const auto again = mine.end(settle(first, 80));
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(again.charged, usd_nano(70));
    ledger::reserve_op next = reserve(id_of(2), {.limits = {total_limit}});
    const auto second = mine.reserve(next).hold;
    next.hold.attempt = 1;
    next.hold.amount = usd_nano(300);
    must_reserve(*other, next);
    EXPECT_EQ(mine.end(settle(second, 250)).overage, usd_nano());
    EXPECT_EQ(counter_at(*other, total_key), (ledger::counter{usd_nano(320), usd_nano(), 2, 20, 0, 0}));
    EXPECT_TRUE(here->verify().empty());
}

TEST_P(over_databases, a_new_counter_that_two_processes_make_is_made_once) {
    writer mine(here->open_ledger());
    const auto other = here->open_ledger();
    if (GetParam() == kind::postgres)
        mine.meanwhile = [&] { must_reserve(*other, reserve(id_of(2), {.amount = 600, .limits = {total_limit}})); };
    else
        must_reserve(*other, reserve(id_of(2), {.amount = 600, .limits = {total_limit}}));
    EXPECT_EQ(mine.reserve(reserve(id_of(1), {.amount = 600, .limits = {total_limit}})).why,
              ledger::refused_by::limit_held);
    EXPECT_TRUE(here->verify().empty());
}

// The differential test: random batches of this process, disturbed by another, against the store in memory.
TEST_P(over_databases, batches_on_assumptions_give_the_answers_of_the_pure_function) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto upto = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
    writer mine(here->open_ledger());
    const auto other = here->open_ledger();
    memory_database memory([&] { return here->now(); });
    const auto model = memory.open_ledger();
    const auto both = [&](const std::vector<ledger::op>& ops, bool by_other) {
        auto real = by_other ? must_run(*other, ops) : mine.run(ops);
        const auto pure = must_run(*model, ops);
        for (std::size_t i = 0; i < ops.size(); ++i) {
            if (const auto* a = std::get_if<ledger::reserve_outcome>(&real[i])) {
                const auto& b = std::get<ledger::reserve_outcome>(pure[i]);
                EXPECT_EQ(a->admitted, b.admitted);
                EXPECT_EQ(a->why, b.why);
                EXPECT_EQ(a->limit, b.limit);
                EXPECT_EQ(a->prepaid, b.prepaid);
                EXPECT_EQ(a->hold.counters, b.hold.counters);
                EXPECT_EQ(a->readings.size(), b.readings.size());
                for (std::size_t k = 0; k < a->readings.size() && k < b.readings.size(); ++k)
                    EXPECT_EQ(a->readings[k].at, b.readings[k].at);
            } else if (const auto* e = std::get_if<ledger::end_outcome>(&real[i])) {
                EXPECT_EQ(e->charged, std::get<ledger::end_outcome>(pure[i]).charged);
                EXPECT_EQ(e->how, std::get<ledger::end_outcome>(pure[i]).how);
            }
        }
        return real;
    };
    for (const char* tenant : {"a", "b", "c"})
        both({top_up(tenant, "k", 5'000, id_of(900 + static_cast<std::uint64_t>(tenant[0])))}, true);
    std::uint64_t next_id = 1'000;
    std::vector<ledger::reservation> open;
    for (int step = 0; step < 120; ++step) {
        std::vector<ledger::op> ops;
        for (std::int64_t n = 1 + upto(6); n > 0; --n) {
            if (!open.empty() && upto(2) == 0) {
                const std::size_t which = random() % open.size();
                if (upto(4) == 0)
                    ops.emplace_back(release(open[which]));
                else
                    ops.emplace_back(settle(open[which], upto(150)));
                open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
                continue;
            }
            reserve_options with{.tenant = std::string(1, static_cast<char>('a' + upto(3))), .amount = upto(200)};
            with.prepaid = upto(2) == 0;
            with.limits = {cost_limit("tenant", window::total, 3'000),
                           cost_limit("agent=" + std::to_string(upto(3)), window::total, 900)};
            with.limits[1].limit = 1;
            with.limits[1].hard = upto(3) != 0;
            ops.emplace_back(reserve(id_of(++next_id), with));
        }
        for (auto& out : both(ops, upto(5) == 0))
            if (auto* reserved = std::get_if<ledger::reserve_outcome>(&out); reserved && reserved->admitted)
                open.push_back(reserved->hold);
        if (testing::Test::HasFailure()) break;
    }
    EXPECT_TRUE(here->verify().empty());
    EXPECT_GT(mine.guessed, 0);
    if (GetParam() == kind::postgres) EXPECT_GT(mine.conflicts, 0); // SQLite knows before it judges
}

}
