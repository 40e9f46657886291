#include <tollgate/core/limits.hpp>
#include <tollgate/store/run_ops.hpp>

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <optional>

namespace tollgate::store {

namespace {

// Fails as told, once a call; what commits stays.
class failing_store final : public ledger_store {
public:
    std::deque<std::optional<store_fault>> begins, commits;
    bool commit_lost = false; // a failing commit has happened nevertheless
    int begun = 0, committed = 0, rolled_back = 0;
    ledger::snapshot rows;

    store_result<ledger::snapshot> begin(const std::function<ledger::wanted(instant now)>& wanted) override {
        ++begun;
        if (auto fault = next(begins)) return std::unexpected(store_error{*fault, "begin"});
        wanted(rows.now);
        return rows;
    }
    store_result<void> commit(const ledger::changes& write) override {
        const auto fault = next(commits);
        if (!fault || commit_lost) {
            ++committed;
            write.balances.each_changed(
                [this](const tenant_id& tenant, const ledger::balance_row& row) { rows.balances[tenant] = row; });
            for (const ledger::entry& each : write.entries)
                if (!each.idempotency_key.empty())
                    rows.movements[{each.tenant, each.idempotency_key}].transaction = each.transaction;
        }
        if (fault) return std::unexpected(store_error{*fault, "commit"});
        return {};
    }
    void rollback() override { ++rolled_back; }
    store_result<std::vector<ledger::reservation>> expired(std::size_t) override { return {}; }
    store_result<std::vector<ledger::reservation>> held_by(const std::string&, std::size_t) override { return {}; }
    store_result<std::vector<tenant_id>> tenants_with_expired_grants(std::size_t) override { return {}; }
    store_result<std::size_t> prune_counters(std::size_t) override { return 0; }
    store_result<std::size_t> prune_repeats(std::size_t) override { return 0; }

private:
    static std::optional<store_fault> next(std::deque<std::optional<store_fault>>& faults) {
        if (faults.empty()) return std::nullopt;
        const auto fault = faults.front();
        faults.pop_front();
        return fault;
    }
};

std::array<ledger::op, 1> top_up() {
    ledger::move_op op;
    op.tenant = "acme";
    op.idempotency_key = "k";
    op.amount = usd_nano(5);
    op.transaction = request_id(1, 1);
    return {op};
}

usd_nano credited(failing_store& store) { return store.rows.balances["acme"].now.credited; }

}

TEST(run_ops, commits_once_and_returns_an_outcome_for_each_operation) {
    failing_store store;
    const auto done = run_ops(store, top_up());
    ASSERT_TRUE(done.has_value());
    ASSERT_EQ(done->size(), 1U);
    EXPECT_FALSE(std::get<ledger::move_outcome>(done->front()).repeated);
    EXPECT_EQ(store.committed, 1);
    EXPECT_EQ(credited(store), usd_nano(5));
}

TEST(run_ops, what_changes_nothing_is_rolled_back) {
    failing_store store;
    ASSERT_TRUE(run_ops(store, top_up()).has_value());
    const auto again = run_ops(store, top_up());
    ASSERT_TRUE(again.has_value());
    EXPECT_TRUE(std::get<ledger::move_outcome>(again->front()).repeated);
    EXPECT_EQ(store.committed, 1);
    EXPECT_EQ(store.rolled_back, 1);
}

TEST(run_ops, conflicts_are_tried_again_up_to_the_limit) {
    for (const int conflicts : {1, limits::run_ops_attempts_max - 1, limits::run_ops_attempts_max}) {
        SCOPED_TRACE(conflicts);
        failing_store store;
        store.commits.assign(static_cast<std::size_t>(conflicts), store_fault::conflict);
        const auto done = run_ops(store, top_up());
        EXPECT_EQ(done.has_value(), conflicts < limits::run_ops_attempts_max);
        EXPECT_EQ(store.begun, std::min(conflicts + 1, limits::run_ops_attempts_max));
        EXPECT_EQ(credited(store), usd_nano(done ? 5 : 0));
    }
}

TEST(run_ops, a_lost_acknowledgement_posts_once) {
    failing_store store;
    store.commits = {store_fault::unavailable};
    store.commit_lost = true;
    const auto done = run_ops(store, top_up());
    ASSERT_TRUE(done.has_value());
    EXPECT_TRUE(std::get<ledger::move_outcome>(done->front()).repeated);
    EXPECT_EQ(credited(store), usd_nano(5));
}

TEST(run_ops, a_store_that_is_away_is_reported_at_once) {
    for (const store_fault fault : {store_fault::unavailable, store_fault::corrupt}) {
        failing_store store;
        store.begins = {fault};
        const auto done = run_ops(store, top_up());
        ASSERT_FALSE(done.has_value());
        EXPECT_EQ(done.error().fault, fault);
        EXPECT_EQ(store.begun, 1);
    }
    failing_store store;
    store.commits = {store_fault::corrupt};
    EXPECT_FALSE(run_ops(store, top_up()).has_value());
    EXPECT_EQ(store.begun, 1);
}

}
