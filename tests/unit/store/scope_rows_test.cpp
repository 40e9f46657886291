#include <tollgate/store/scope_rows.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace tollgate::store {

namespace {

using ledger::counter;
using ledger::counter_key;
using ledger::counter_rows;

constexpr std::int64_t day_s = 86'400, november = 1'793'491'200;

counter spent(std::int64_t amount) {
    counter at;
    at.spent = usd_nano(amount);
    at.requests = 1;
    return at;
}

counter held(std::int64_t amount) {
    counter at = spent(0);
    at.held = usd_nano(amount);
    at.in_flight = 1;
    return at;
}

counter_key key_of(window span, std::int64_t start_s, const std::string& scope = "tenant") {
    return {"acme", scope, span, start_s};
}

std::vector<window_counter> unpacked(const std::string& text) {
    std::vector<window_counter> windows;
    EXPECT_TRUE(unpack_windows(text, windows)) << text;
    return windows;
}

// A batch that changes `changes` of one row, which stands as `before`; returns how the row stands then.
std::vector<window_counter> after(const std::vector<window_counter>& before,
                                  const std::vector<window_counter>& changes) {
    counter_rows counters;
    for (const auto& each : changes) counters.add(key_of(each.span, each.start_s));
    scope_rows rows;
    rows.name(counters);
    EXPECT_EQ(rows.table().size(), 1u);
    if (!before.empty()) rows.table().set_found(0, {pack_windows(before)});
    EXPECT_TRUE(rows.read_into(counters));
    for (ledger::slot i = 0; i < counters.size(); ++i) counters.change(i) = changes[i].at;
    EXPECT_TRUE(rows.take(counters));
    return unpacked(rows.table().row(0).windows);
}

}

TEST(scope_rows, windows_are_lines_that_people_can_read) {
    counter at{usd_nano(1'500), usd_nano(20), 3, 400, 50, 1};
    EXPECT_EQ(pack_windows(std::vector<window_counter>{{window::month, november, at}, {window::total, 0, {}}}),
              "month 1793491200 1500 20 3 400 50 1\ntotal 0 0 0 0 0 0 0\n");
    EXPECT_EQ(pack_windows({}), "");
}

TEST(scope_rows, what_was_packed_is_read_again) {
    constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
    std::vector<window_counter> all;
    for (const window span : {window::minute, window::hour, window::day, window::week, window::month, window::total})
        for (const std::int64_t n : {lowest, std::int64_t{-1}, std::int64_t{0}, highest})
            all.push_back({span, n, {usd_nano(n), usd_nano(n), n, n, n, n}});
    EXPECT_EQ(unpacked(pack_windows(all)), all);
}

TEST(scope_rows, text_that_was_not_packed_is_damaged) {
    for (const char* text : {"month", "month ", "fortnight 1 2 3 4 5 6 7\n", "month 1 2 3 4 5 6\n",
                             "month 1 2 3 4 5 6 7", "\n", "month 1 2 3 4 5 6 7 8\n", "month x 2 3 4 5 6 7\n",
                             "month 1 2 3 4 5 6 99999999999999999999\n", "total 0 0 0 0 0 0 0\nmonth 1 2"}) {
        std::vector<window_counter> windows;
        EXPECT_FALSE(unpack_windows(text, windows)) << text;
    }
}

TEST(scope_rows, counters_of_one_scope_share_a_row) {
    counter_rows counters;
    counters.add(key_of(window::minute, 60, "key=a"));
    counters.add(key_of(window::total, 0, "key=a"));
    counters.add(key_of(window::month, november));
    counters.add(key_of(window::day, november, "key=a"));
    counters.add({"beta", "tenant", window::month, november});
    scope_rows rows;
    rows.name(counters);
    ASSERT_EQ(rows.table().size(), 3u);
    EXPECT_EQ(rows.table().in_order(), (std::vector<ledger::slot>{0, 1, 2}));
    rows.table().set_found(0, {"minute 60 5 0 1 0 0 0\ntotal 0 7 0 2 0 0 0\n"});
    ASSERT_TRUE(rows.read_into(counters));
    EXPECT_EQ(counters.row(0).spent, usd_nano(5));
    EXPECT_EQ(counters.row(1).spent, usd_nano(7));
    for (const ledger::slot absent : {2u, 3u, 4u}) EXPECT_FALSE(counters.exists(absent));
}

TEST(scope_rows, only_rows_with_a_changed_counter_change) {
    counter_rows counters;
    counters.add(key_of(window::total, 0, "key=a"));
    counters.add(key_of(window::total, 0));
    scope_rows rows;
    rows.name(counters);
    ASSERT_TRUE(rows.read_into(counters));
    counters.change(1) = spent(3);
    ASSERT_TRUE(rows.take(counters));
    EXPECT_FALSE(rows.table().changed(0));
    EXPECT_EQ(rows.table().row(1).windows, "total 0 3 0 1 0 0 0\n");
}

TEST(scope_rows, a_counter_that_was_named_later_finds_its_row_or_is_refused) {
    counter_rows counters;
    counters.add(key_of(window::total, 0));
    scope_rows rows;
    rows.name(counters);
    ASSERT_TRUE(rows.read_into(counters));
    counters.change(counters.add(key_of(window::day, november))) = spent(4);
    EXPECT_TRUE(rows.take(counters));
    EXPECT_EQ(rows.table().row(0).windows, "day 1793491200 4 0 1 0 0 0\n");
    counters.change(counters.add(key_of(window::day, november, "key=a"))) = spent(4);
    EXPECT_FALSE(rows.take(counters));
}

TEST(scope_rows, a_damaged_row_is_an_error) {
    counter_rows counters;
    counters.add(key_of(window::total, 0));
    scope_rows rows;
    rows.name(counters);
    rows.table().set_found(0, {"total 0"});
    const auto read = rows.read_into(counters);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().fault, store_fault::corrupt);
}

TEST(scope_rows, a_window_is_left_out_when_a_second_newer_one_of_its_kind_comes) {
    const window_counter today{window::day, november, spent(1)}, tomorrow{window::day, november + day_s, spent(2)};
    const window_counter third{window::day, november + 2 * day_s, spent(3)};
    const window_counter month{window::month, november, spent(9)}, total{window::total, 0, spent(9)};
    EXPECT_EQ(after({today, month, total}, {tomorrow}), (std::vector{today, tomorrow, month, total}));
    EXPECT_EQ(after({today, tomorrow, month, total}, {third}), (std::vector{tomorrow, third, month, total}));
    // Nothing new: what is there stays as it is.
    EXPECT_EQ(after({today, tomorrow, third}, {third}), (std::vector{today, tomorrow, third}));
}

TEST(scope_rows, a_window_that_is_held_on_or_was_just_written_stays) {
    const window_counter open{window::day, november, held(1)}, second{window::day, november + day_s, spent(2)};
    const window_counter third{window::day, november + 2 * day_s, spent(3)};
    const window_counter fourth{window::day, november + 3 * day_s, spent(4)};
    EXPECT_EQ(after({open, second, third}, {fourth}), (std::vector{open, third, fourth}));
    const window_counter ended{window::day, november, spent(1)};
    EXPECT_EQ(after({open, second, third}, {ended, fourth}), (std::vector{ended, third, fourth}));
    // A late settlement makes its window again.
    EXPECT_EQ(after({second, third}, {ended}), (std::vector{ended, second, third}));
}

TEST(scope_rows, a_clock_that_was_wrong_for_a_while_costs_no_counter) {
    const window_counter now{window::month, november, spent(70)};
    const window_counter far{window::month, november + 3'650 * day_s, spent(1)};
    const auto during = after({now}, {far});
    EXPECT_EQ(during, (std::vector{now, far}));
    const window_counter again{window::month, november, spent(71)};
    EXPECT_EQ(after(during, {again}), (std::vector{again, far}));
}

TEST(scope_rows, a_row_is_over_when_only_old_minutes_and_hours_are_in_it) {
    const instant now = instant::from_seconds(november);
    const window_counter old_minute{window::minute, november - 3 * 3'600, spent(1)};
    const window_counter old_hour{window::hour, november - 80 * 3'600, spent(1)};
    EXPECT_TRUE(is_over(std::vector{old_minute, old_hour}, now));
    EXPECT_TRUE(is_over({}, now));
    for (const window_counter& living :
         {window_counter{window::minute, november - 1'800, spent(1)},
          window_counter{window::minute, november - 3 * 3'600, held(1)},
          window_counter{window::day, november - 100 * day_s, spent(1)}, window_counter{window::total, 0, spent(1)}})
        EXPECT_FALSE(is_over(std::vector{old_minute, living}, now));
}

// Random batches on three scopes, against a map of all counters: whatever is among the newest of its kind, or held on,
// is there and right.
TEST(scope_rows, random_batches_keep_what_counts) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto upto = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
    std::map<counter_key, counter> model;
    std::map<scope_key, scope_row> stored;
    for (int batch = 0; batch < 400; ++batch) {
        counter_rows counters;
        for (std::int64_t n = 1 + upto(6); n > 0; --n)
            counters.add(key_of(upto(2) == 0 ? window::day : window::hour, (batch / 20 + upto(3)) * day_s,
                                "agent=" + std::to_string(upto(3))));
        scope_rows rows;
        rows.name(counters);
        for (ledger::slot i = 0; i < rows.table().size(); ++i)
            if (const auto at = stored.find(rows.table().key(i)); at != stored.end())
                rows.table().set_found(i, at->second);
        ASSERT_TRUE(rows.read_into(counters));
        for (ledger::slot i = 0; i < counters.size(); ++i) {
            if (counters.exists(i)) ASSERT_EQ(counters.row(i), model[counters.key(i)]);
            if (upto(4) == 0) continue;
            counters.change(i) = upto(3) == 0 ? held(upto(100)) : spent(upto(100));
            model[counters.key(i)] = counters.row(i);
        }
        ASSERT_TRUE(rows.take(counters));
        rows.table().each_changed([&](const scope_key& key, const scope_row& row) { stored[key] = row; });
    }
    for (auto at = model.begin(); at != model.end(); ++at) {
        std::size_t newer = 0;
        for (auto next = std::next(at);
             next != model.end() && next->first.scope == at->first.scope && next->first.span == at->first.span; ++next)
            ++newer;
        if (newer >= windows_kept && at->second.in_flight == 0) continue;
        const auto windows = unpacked(stored[{"acme", at->first.scope}].windows);
        const window_counter kept{at->first.span, at->first.start_s, at->second};
        EXPECT_NE(std::ranges::find(windows, kept), windows.end()) << at->first.scope << " " << at->first.start_s;
    }
}

}
