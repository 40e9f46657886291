#include <tollgate/app/counter_seeds.hpp>

#include <tollgate/ledger/apply.hpp>
#include <tollgate/policy/decide.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace tollgate::app {

namespace {

constexpr std::int64_t noon_s = 1'781'524'800; // 2026-06-15T12:00:00Z, a Monday
const instant noon = instant::from_seconds(noon_s);

std::shared_ptr<const time_zone> fixed_zone(const char* name, std::int32_t offset_s) {
    return std::make_shared<const time_zone>(name, offset_s, std::vector<time_zone::transition>{});
}

policy::limit limit_per(std::vector<dimension> per, window span,
                        std::vector<std::pair<dimension, std::string>> match = {}) {
    policy::limit out;
    out.name = "l";
    out.per = std::move(per);
    out.match = std::move(match);
    out.span = span;
    out.maximum = 1'000'000;
    return out;
}

policy::tenant_policy policy_with(std::vector<policy::limit> limits) {
    policy::tenant_policy out;
    out.tenant = "acme";
    out.limits = std::move(limits);
    return out;
}

ledger::usage_row row_of(std::uint64_t n, std::int64_t at_s, std::int64_t charged = 10) {
    ledger::usage_row row;
    row.id = request_id::make(at_s * 1000, 0, n);
    row.tenant = "acme";
    row.key = "key_1";
    row.feature = "f";
    row.agent = "a";
    row.model_requested = row.model_served = "m";
    row.charged = usd_nano(charged);
    row.tokens = 5;
    row.counted = true;
    row.at = instant::from_seconds(at_s);
    row.record = R"({"session":"s1","tier":"standard"})";
    return row;
}

std::map<std::string, ledger::seed> seeds_of(const policy::tenant_policy& policy,
                                             const std::vector<ledger::usage_row>& rows, seed_sum::turn turn = {0, 1}) {
    seed_sum sum(policy, families_of(policy), noon, turn);
    for (const auto& row : rows) sum.add(row);
    std::map<std::string, ledger::seed> out;
    for (auto& each : sum.take()) {
        const std::string name = each.key.scope + "/" + std::string(name_of(each.key.span));
        EXPECT_TRUE(out.emplace(name, each).second) << name;
    }
    return out;
}

}

TEST(families, name_dimensions_span_and_zone_and_leave_out_what_is_not_seeded) {
    policy::tenant_policy p =
        policy_with({limit_per({dimension::agent}, window::month, {{dimension::feature, "a%\nb"}}),
                     limit_per({dimension::key}, window::minute), limit_per({}, window::total)});
    p.limits.push_back(limit_per({dimension::key}, window::day));
    p.limits.back().what = measure::concurrency;
    p.zone = fixed_zone("Asia/Tokyo", 9 * 3600);
    const families all = families_of(p);
    EXPECT_EQ(all, (families{"tenant/day/Asia/Tokyo", "tenant/month/Asia/Tokyo", "tenant/total/",
                             "feature=a%25%0ab;agent/month/Asia/Tokyo"}));
    EXPECT_EQ(parse_families(to_text(all)), all);
    EXPECT_TRUE(parse_families("").empty());
}

TEST(seed_sum, what_counts_is_what_an_ended_request_adds) {
    auto refused = row_of(1, noon_s - 60);
    refused.counted = false;
    auto released = row_of(2, noon_s - 60, 0);
    released.tokens = 0;
    const auto seeds = seeds_of(policy_with({limit_per({dimension::agent}, window::day)}),
                                {refused, released, row_of(3, noon_s - 60, 7)});
    const ledger::seed& agent = seeds.at("agent=a/day");
    EXPECT_EQ(agent.spent, usd_nano(7));
    EXPECT_EQ(agent.requests, 2);
    EXPECT_EQ(agent.tokens, 5);
    EXPECT_EQ(agent.as_of, noon);
    EXPECT_EQ(agent.key.start_s, noon_s - 12 * 3600);
    EXPECT_EQ(seeds.at("tenant/month").requests, 2);
}

TEST(seed_sum, rows_belong_to_the_window_they_were_held_in) {
    const std::int64_t midnight = noon_s - 12 * 3600;
    auto held_later = row_of(3, midnight - 1); // it arrived before midnight
    held_later.counters = {{"tenant", window::day, midnight}};
    struct row {
        ledger::usage_row what;
        bool counts;
    };
    const row rows[] = {
        {row_of(1, midnight - 1), false},      {row_of(2, midnight), true},          {held_later, true},
        {row_of(4, midnight + 86'400), false}, {row_of(5, midnight + 86'399), true},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.what.id.low());
        const auto seeds = seeds_of(policy_with({limit_per({dimension::agent}, window::day)}), {r.what});
        EXPECT_EQ(seeds.contains("agent=a/day"), r.counts);
    }
    seed_sum sum(policy_with({}), families_of(policy_with({})), noon);
    EXPECT_LT(sum.from(), instant::from_seconds(midnight - 14 * 86'400)); // the month began on the first
    EXPECT_GT(sum.from(), instant::from_seconds(midnight - 15 * 86'400));
}

TEST(seed_sum, a_row_that_touched_a_counter_is_in_it_already) {
    auto touched = row_of(1, noon_s);
    touched.counters = {{"agent=a", window::month, window_start(window::month, noon, *time_zone::utc())},
                        {"agent=a", window::total, 0}};
    const auto p =
        policy_with({limit_per({dimension::agent}, window::month), limit_per({dimension::agent}, window::week),
                     limit_per({dimension::agent}, window::total)});
    const auto seeds = seeds_of(p, {touched, row_of(2, noon_s)});
    EXPECT_EQ(seeds.at("agent=a/month").requests, 1);
    EXPECT_EQ(seeds.at("agent=a/total").requests, 1);
    EXPECT_EQ(seeds.at("agent=a/week").requests, 2);
}

TEST(seed_sum, another_zone_is_another_window) {
    auto p = policy_with({});
    p.zone = fixed_zone("Pacific/Kiritimati", 14 * 3600); // it is 02:00 there on the 16th
    auto row = row_of(1, noon_s - 3600);
    row.counters = {{"tenant", window::day, noon_s - 12 * 3600}};
    auto yesterday = row_of(2, noon_s - 3 * 3600);
    const auto seeds = seeds_of(p, {row, yesterday});
    EXPECT_EQ(seeds.at("tenant/day").requests, 1);
    EXPECT_EQ(seeds.at("tenant/day").key.start_s, noon_s - 2 * 3600);
    EXPECT_EQ(seeds.at("tenant/month").requests, 2);
}

TEST(seed_sum, limits_over_one_counter_count_a_request_once) {
    auto tokens = limit_per({dimension::agent}, window::month);
    tokens.what = measure::tokens;
    const auto seeds =
        seeds_of(policy_with({limit_per({dimension::agent}, window::month), tokens, limit_per({}, window::month)}),
                 {row_of(1, noon_s)});
    EXPECT_EQ(seeds.at("agent=a/month").requests, 1);
    EXPECT_EQ(seeds.at("tenant/month").requests, 1);
}

TEST(seed_sum, only_families_that_are_missing_are_summed) {
    const auto p =
        policy_with({limit_per({dimension::agent}, window::month), limit_per({dimension::feature}, window::day)});
    seed_sum sum(p, {"feature/day/UTC"}, noon);
    sum.add(row_of(1, noon_s));
    const auto seeds = sum.take();
    ASSERT_EQ(seeds.size(), 1u);
    EXPECT_EQ(seeds[0].key.scope, "feature=f");
    EXPECT_TRUE(seed_sum(p, {"nothing/day/UTC"}, noon).empty());
    EXPECT_FALSE(sum.empty());
}

TEST(seed_sum, reads_from_the_record_what_is_no_column) {
    const auto seeds = seeds_of(policy_with({limit_per({dimension::session}, window::day),
                                             limit_per({dimension::tier}, window::day, {{dimension::model, "m"}})}),
                                {row_of(1, noon_s)});
    EXPECT_TRUE(seeds.contains("session=s1/day"));
    EXPECT_TRUE(seeds.contains("model=m;tier=standard/day"));
}

TEST(seed_sum, a_model_that_took_the_place_counts_for_itself) {
    auto row = row_of(1, noon_s);
    row.model_requested = "large";
    row.model_served = "small";
    const auto seeds = seeds_of(policy_with({limit_per({dimension::model}, window::day)}), {row});
    EXPECT_TRUE(seeds.contains("model=small/day"));
    EXPECT_FALSE(seeds.contains("model=large/day"));
}

TEST(seed_sum, turns_share_all_counters_between_them) {
    std::vector<ledger::usage_row> rows;
    for (std::uint64_t n = 1; n <= 50; ++n) {
        rows.push_back(row_of(n, noon_s));
        rows.back().end_user = "u" + std::to_string(n % 20);
    }
    const auto p = policy_with({limit_per({dimension::end_user}, window::month)});
    const auto whole = seeds_of(p, rows);
    std::map<std::string, ledger::seed> together;
    for (std::size_t part = 0; part < 4; ++part)
        for (auto& [name, each] : seeds_of(p, rows, {part, 4})) EXPECT_TRUE(together.emplace(name, each).second);
    EXPECT_EQ(together, whole);
}

TEST(seed_sum, an_open_hold_counts_as_if_it_cost_all_that_it_holds) {
    ledger::reservation hold;
    hold.id = request_id::make(noon_s * 1000, 0, 1);
    hold.tenant = "acme";
    hold.amount = usd_nano(500);
    hold.tokens = 77;
    hold.created = noon;
    hold.on_unknown = ledger::unknown_usage::release;
    hold.record = R"({"request_id":"r","tenant":"acme","key_id":"key_1","agent":"a","model_requested":"m","tier":"x"})";
    const auto seeds = seeds_of(
        policy_with({limit_per({dimension::agent}, window::month), limit_per({dimension::key}, window::month)}),
        {row_of_open(hold)});
    EXPECT_EQ(seeds.at("agent=a/month").spent, usd_nano(500));
    EXPECT_EQ(seeds.at("agent=a/month").tokens, 77);
    EXPECT_EQ(seeds.at("key=key_1/month").requests, 1);
}

TEST(seed_sum, a_rotated_key_counts_for_its_family) {
    auto row = row_of(1, noon_s);
    row.key = "key_9";
    row.record = R"({"key_id":"key_9","key_family":"key_1"})";
    const auto seeds = seeds_of(policy_with({limit_per({dimension::key}, window::day)}), {row, row_of(2, noon_s)});
    EXPECT_EQ(seeds.at("key=key_1/day").requests, 2);
}

}
