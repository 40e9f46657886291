#include <tollgate/ledger/apply.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace tollgate::ledger {

namespace {

counter_key key_of(std::string tenant, std::string scope, window span = window::total, std::int64_t start_s = 0) {
    return {std::move(tenant), std::move(scope), span, start_s};
}

counter spent(std::int64_t amount) {
    counter row;
    row.spent = usd_nano(amount);
    return row;
}

}

TEST(row_table, a_key_has_one_slot_however_often_it_is_named) {
    counter_rows rows;
    EXPECT_EQ(rows.add(key_of("a", "x")), 0u);
    EXPECT_EQ(rows.add(key_of("a", "y")), 1u);
    EXPECT_EQ(rows.add(key_of("a", "x")), 0u);
    EXPECT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows.key(1).scope, "y");
}

TEST(row_table, keys_that_differ_in_one_part_are_different_rows) {
    counter_rows rows;
    rows.add(key_of("a", "x"));
    for (const counter_key& other : {key_of("b", "x"), key_of("a", "y"), key_of("a", "x", window::day),
                                     key_of("a", "x", window::total, 60), key_of("ax", "")})
        EXPECT_FALSE(rows.contains(other)) << other.tenant << "/" << other.scope;
    EXPECT_TRUE(rows.contains(key_of("a", "x")));
}

TEST(row_table, a_row_is_there_when_it_was_found_or_changed) {
    counter_rows rows;
    const slot named = rows.add(key_of("a", "named")), found = rows.add(key_of("a", "found")),
               made = rows.add(key_of("a", "made"));
    rows.set_found(found, spent(5));
    rows.change(made).requests = 1;
    EXPECT_EQ(rows.find_row(key_of("a", "named")), nullptr);
    EXPECT_EQ(rows.find_row(key_of("a", "found"))->spent, usd_nano(5));
    EXPECT_EQ(rows.find_row(key_of("a", "made"))->requests, 1);
    EXPECT_FALSE(rows.changed(named));
    EXPECT_FALSE(rows.changed(found));
    EXPECT_TRUE(rows.changed(made));
    EXPECT_FALSE(rows.exists(made));
    EXPECT_EQ(rows.changes(), 1u);
    rows.change(made);
    rows.change(found);
    EXPECT_EQ(rows.changes(), 2u);
}

TEST(row_table, changed_rows_are_told_and_no_others) {
    counter_rows rows;
    rows[key_of("a", "read")] = spent(1);
    rows.change(rows.add(key_of("a", "written"))).spent = usd_nano(2);
    std::vector<std::string> told, all;
    rows.each_changed([&](const counter_key& key, const counter&) { told.push_back(key.scope); });
    rows.each([&](const counter_key& key, const counter&) { all.push_back(key.scope); });
    EXPECT_EQ(told, std::vector<std::string>{"written"});
    EXPECT_EQ(all, (std::vector<std::string>{"read", "written"}));
}

// Against a map: the same rows, and the order of locks is the order of keys.
TEST(row_table, random_keys_are_found_and_put_in_order) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::map<counter_key, std::int64_t> model;
    counter_rows rows;
    for (std::int64_t i = 0; i < 3'000; ++i) {
        const counter_key key = key_of("tenant_" + std::to_string(random() % 40), "s" + std::to_string(random() % 9),
                                       static_cast<window>(random() % 6), random() % 4);
        model[key] = i;
        rows[key].tokens = i;
    }
    ASSERT_EQ(rows.size(), model.size());
    for (const auto& [key, value] : model) EXPECT_EQ(rows.find_row(key)->tokens, value);
    std::vector<counter_key> order;
    for (const slot each : rows.in_order()) order.push_back(rows.key(each));
    EXPECT_TRUE(std::ranges::equal(order, model, {}, {}, [](const auto& entry) { return entry.first; }));
}

TEST(row_table, balances_are_put_in_order_of_their_tenants) {
    balance_rows rows;
    for (const char* tenant : {"b", "c", "a"}) rows.add(tenant);
    EXPECT_EQ(rows.in_order(), (std::vector<slot>{2, 0, 1}));
}

}
