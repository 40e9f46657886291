#include <tollgate/store/row_memory.hpp>

#include <gtest/gtest.h>

namespace tollgate::store {

namespace {

using ledger::slot;

const scope_key first{"acme", "tenant"}, second{"acme", "agent=a"};

scope_table batch_of(const std::vector<scope_key>& keys) {
    scope_table rows;
    for (const auto& key : keys) rows.add(key);
    return rows;
}

scope_row spent(std::int64_t amount) {
    window_counter total;
    total.at.spent = usd_nano(amount);
    return {pack_windows(std::span(&total, 1))};
}

// As a store does it: what is not known is read, and one row does not exist.
scope_table recalled(scope_memory& memory, const std::vector<scope_key>& keys, std::size_t reads) {
    scope_table rows = batch_of(keys);
    const std::vector<slot> unknown = memory.recall(rows);
    EXPECT_EQ(unknown.size(), reads);
    for (const slot each : unknown) {
        const bool exists = rows.key(each).scope == "tenant";
        if (exists) rows.set_found(each, spent(7));
        memory.learn(each, exists ? &rows.row(each) : nullptr);
    }
    return rows;
}

}

TEST(row_memory, what_was_read_is_not_read_again) {
    scope_memory memory;
    recalled(memory, {first, second}, 2);
    const scope_table again = recalled(memory, {second, first}, 0);
    EXPECT_FALSE(again.exists(0)); // that it does not exist is known too
    EXPECT_EQ(again.row(1), spent(7));
    EXPECT_EQ(memory.was(0), nullptr);
    EXPECT_EQ(*memory.was(1), spent(7));
}

TEST(row_memory, what_was_written_is_known) {
    scope_memory memory;
    scope_table rows = recalled(memory, {first, second}, 2);
    rows.change(1) = spent(9);
    memory.learn_written(rows, false);
    const scope_table again = recalled(memory, {first, second}, 0);
    EXPECT_EQ(again.row(0), spent(7));
    EXPECT_EQ(again.row(1), spent(9));
}

TEST(row_memory, rows_that_were_only_locked_are_read_again) {
    scope_memory memory;
    scope_table rows = recalled(memory, {first, second}, 2);
    rows.change(1) = spent(9);
    memory.learn_written(rows, true);
    EXPECT_EQ(recalled(memory, {first, second}, 1).row(0), spent(7));
}

TEST(row_memory, what_is_forgotten_is_read_again) {
    scope_memory memory;
    const scope_table rows = recalled(memory, {first, second}, 2);
    memory.forget(first);
    recalled(memory, {first, second}, 1);
    memory.forget(rows);
    recalled(memory, {first, second}, 2);
    memory.clear();
    recalled(memory, {first, second}, 2);
}

TEST(row_memory, only_rows_of_the_batch_are_placed) {
    scope_memory memory;
    scope_table rows = recalled(memory, {first}, 1);
    rows.add(second);
    EXPECT_TRUE(memory.placed(rows, 0));
    EXPECT_FALSE(memory.placed(rows, 1));
    EXPECT_FALSE(memory.placed(batch_of({second}), 0));
}

TEST(row_memory, grants_are_not_remembered_with_their_balance) {
    balance_memory memory;
    ledger::balance_rows rows;
    rows["acme"].grants.resize(2);
    memory.learn_written(rows, false);
    rows.change(0).now.credited = usd_nano(5);
    memory.learn_written(rows, false);
    ledger::balance_rows again;
    again.add("acme");
    EXPECT_TRUE(memory.recall(again).empty());
    EXPECT_EQ(again.row(0).now.credited, usd_nano(5));
    EXPECT_TRUE(again.row(0).grants.empty());
}

}
