#include "recorded_traffic.hpp"

#include <tollgate/app/simulation.hpp>

#include <gtest/gtest.h>

namespace tollgate::app {

namespace {

const instant june_14 = *parse_rfc3339("2026-06-14T10:00:00Z");

policy::tenant_policy named(std::string version) {
    policy::tenant_policy p;
    p.tenant = "acme";
    p.version = std::move(version);
    return p;
}

policy::limit limit_of(const char* name, measure what, std::int64_t maximum, window span) {
    policy::limit l;
    l.name = name;
    l.what = what;
    l.maximum = maximum;
    l.span = span;
    return l;
}

// A policy with some of everything; amounts that a few dozen requests pass.
policy::tenant_policy random_policy(std::mt19937_64& random, bool may_be_prepaid) {
    static const char* const chains[] = {"fail_closed",
                                         "throttle",
                                         "confirm",
                                         "downgrade_then_fail_closed",
                                         "downgrade_then_throttle",
                                         "confirm_then_downgrade_then_fail_closed",
                                         "notify_then_downgrade_then_confirm",
                                         "notify"};
    const auto below = [&](std::uint64_t bound) { return static_cast<std::int64_t>(random() % bound); };
    const auto chain = [&] { return *policy::parse_action(chains[below(std::size(chains))]); };
    policy::tenant_policy p = named("random");
    if (below(6) == 0) p.mode = policy::mode::shadow;
    if (below(2) == 0) p.monthly_budget = usd_nano(20'000 + below(400'000));
    if (below(2) == 0) p.hard_stop = usd_nano(p.monthly_budget.value_or(usd_nano()).count() + below(400'000));
    if (below(3) == 0) p.daily_soft_limit = usd_nano(below(200'000));
    p.over_limit = chain();
    p.soft_limit = *policy::parse_action(below(2) == 0 ? "confirm" : "notify");
    p.downgrade_accepted = below(3) > 0;
    p.downgrade_to = {{"premium", "of-standard"}, {"standard", "of-economy"}};
    if (below(4) == 0) p.blocked_features = {"bulk"};
    if (below(5) == 0) p.allowed_tiers = {"standard", "economy"};
    if (below(4) == 0) p.per_request_max = usd_nano(below(100'000));
    if (may_be_prepaid && below(3) == 0) p.prepaid_opening = usd_nano(below(300'000));
    const auto add = [&](policy::limit l, std::vector<dimension> per) {
        if (below(3) > 0) return;
        l.per = std::move(per);
        l.actions = chain();
        p.limits.push_back(std::move(l));
    };
    add(limit_of("user-day", measure::cost, below(80'000), window::day), {dimension::end_user});
    add(limit_of("rpm", measure::requests, 1 + below(8), window::minute), {dimension::key});
    add(limit_of("tokens", measure::tokens, below(30'000), window::hour), {});
    add(limit_of("at-once", measure::concurrency, 1 + below(3), window::total), {dimension::key});
    add(limit_of("ever", measure::cost, below(400'000), window::total), {dimension::feature});
    if (below(3) == 0) {
        p.limits.push_back(limit_of("premium", measure::cost, below(100'000), window::week));
        p.limits.back().match = {{dimension::tier, "premium"}};
        p.limits.back().actions = chain();
    }
    return p;
}

std::map<request_id, std::string> simulated(const policy::tenant_policy& policy,
                                            const std::vector<recorded_traffic::decided_request>& traffic, instant from,
                                            tallies* figures = nullptr) {
    std::map<request_id, std::string> out;
    simulation_setup how{.tenant = "acme", .policy = policy, .models = three_models(), .from = from};
    how.credited = policy.prepaid_opening.value_or(usd_nano());
    simulation one(std::move(how));
    one.on_decided = [&](request_id id, const policy::decided& what) { out[id] = decided_json(what); };
    for (const auto& each : traffic) one.take(each.row);
    one.finish();
    if (figures) *figures = one.result();
    return out;
}

}

TEST(simulation, the_same_policy_over_recorded_traffic_gives_the_recorded_decisions) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::map<std::string, int> outcomes;
    for (int round = 0; round < 60; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        const policy::tenant_policy p = random_policy(random, true);
        recorded_traffic then(p, random());
        const auto traffic = then.run(june_14, 150, 400'000);
        tallies figures;
        const auto now = simulated(p, traffic, june_14, &figures);
        ASSERT_EQ(now.size(), traffic.size());
        for (const auto& each : traffic) {
            ASSERT_EQ(now.at(each.row.id), each.decided) << each.row.record;
            outcomes[each.decided.substr(0, each.decided.find(','))] += 1;
        }
        EXPECT_EQ(figures.all.changed, 0);
        EXPECT_EQ(figures.all.before.cost, figures.all.after.cost);
        EXPECT_EQ(figures.all.before.codes, figures.all.after.codes);
        EXPECT_EQ(figures.assumed, 0);
    }
    EXPECT_GE(outcomes.size(), 4U) << "the policies do too little to prove anything";
}

TEST(simulation, counters_begin_with_what_their_windows_had) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int round = 0; round < 40; ++round) {
        const policy::tenant_policy p = random_policy(random, false);
        recorded_traffic then(p, random());
        const auto traffic = then.run(june_14, 150, 400'000);
        const instant from = traffic[70].row.at;
        ASSERT_LE(rows_needed_from(p, from), from);
        const auto now = simulated(p, traffic, from);
        ASSERT_EQ(now.size(), 80U);
        for (std::size_t i = 70; i < traffic.size(); ++i)
            ASSERT_EQ(now.at(traffic[i].row.id), traffic[i].decided) << traffic[i].row.record;
    }
}

TEST(simulation, needs_the_rows_of_its_longest_window) {
    struct row {
        const char* what;
        policy::tenant_policy policy;
        const char* first;
    };
    std::vector<row> rows;
    rows.push_back({"no limit", named("v"), "2026-06-14T10:00:00Z"});
    rows.push_back({"minute", named("v"), "2026-06-14T10:00:00Z"});
    rows.back().policy.limits.push_back(limit_of("l", measure::requests, 1, window::minute));
    rows.push_back({"soft day", named("v"), "2026-06-14"});
    rows.back().policy.daily_soft_limit = usd_nano(1);
    rows.push_back({"week", named("v"), "2026-06-08"});
    rows.back().policy.limits.push_back(limit_of("l", measure::tokens, 1, window::week));
    rows.push_back({"month", named("v"), "2026-06-01"});
    rows.back().policy.hard_stop = usd_nano(1);
    rows.push_back({"total", named("v"), "1970-01-01"});
    rows.back().policy.limits.push_back(limit_of("l", measure::cost, 1, window::total));
    for (const row& r : rows) EXPECT_EQ(rows_needed_from(r.policy, june_14), *parse_rfc3339(r.first)) << r.what;
    policy::tenant_policy at_once = named("v");
    at_once.limits.push_back(limit_of("l", measure::concurrency, 1, window::total));
    const instant first = rows_needed_from(at_once, june_14);
    EXPECT_LT(first, june_14);
    EXPECT_GT(first, *parse_rfc3339("2026-06-14T09:00:00Z"));
}

TEST(simulation, a_narrower_policy_refuses_what_no_longer_fits_and_charges_nothing_for_it) {
    const policy::tenant_policy before = named("before");
    recorded_traffic then(before, 7);
    const auto traffic = then.run(june_14, 200, 5'000'000);
    usd_nano all;
    for (const auto& each : traffic) all += each.row.charged;

    policy::tenant_policy after = named("after");
    after.hard_stop = usd_nano(all.count() / 2);
    tallies figures;
    simulated(after, traffic, june_14, &figures);
    EXPECT_EQ(figures.all.before.cost, all);
    EXPECT_LE(figures.all.after.cost, *after.hard_stop);
    EXPECT_GT(figures.all.after.refused, figures.all.before.refused);
    EXPECT_EQ(figures.all.changed, figures.all.after.codes.at("tenant_budget_exceeded"));
    EXPECT_EQ(figures.tenants.at("acme").changed, figures.all.changed);
    std::int64_t by_feature = 0;
    for (const auto& [name, each] : figures.features) by_feature += each.changed;
    EXPECT_EQ(by_feature, figures.all.changed);
}

TEST(simulation, a_cheaper_model_is_charged_its_own_price_for_the_recorded_tokens) {
    const policy::tenant_policy before = named("before");
    recorded_traffic then(before, 8);
    const auto traffic = then.run(june_14, 100, 5'000'000);
    policy::tenant_policy after = named("after");
    after.monthly_budget = usd_nano(0);
    after.over_limit = *policy::parse_action("downgrade_then_notify");
    after.downgrade_accepted = true;
    after.downgrade_to = {{"premium", "of-economy"}, {"standard", "of-economy"}};
    tallies figures;
    simulated(after, traffic, june_14, &figures);
    std::int64_t tokens = 0, downgraded = 0;
    for (const auto& each : traffic) {
        tokens += each.row.tokens; // at one nano-USD each, whatever was asked
        downgraded += each.row.ended && each.row.model_requested != "of-economy";
    }
    EXPECT_EQ(figures.all.after.downgraded, downgraded);
    EXPECT_EQ(figures.all.after.cost, usd_nano(tokens));
}

TEST(simulation, what_was_refused_and_runs_now_costs_the_usual_part_of_its_estimate) {
    policy::tenant_policy before = named("before");
    before.blocked_features = {"bulk"};
    recorded_traffic then(before, 9);
    const auto traffic = then.run(june_14, 200, 5'000'000);
    tallies figures;
    simulated(named("after"), traffic, june_14, &figures);
    EXPECT_GT(figures.assumed, 0);
    EXPECT_EQ(figures.assumed,
              figures.all.before.codes.at("feature_blocked") -
                  (figures.all.after.codes.contains("model_not_found")
                       ? figures.all.after.codes.at("model_not_found") - figures.all.before.codes.at("model_not_found")
                       : 0));
    EXPECT_EQ(figures.all.after.cost, figures.all.before.cost + figures.assumed_cost);
    EXPECT_GT(figures.assumed_cost, usd_nano());
}

TEST(simulation, money_that_comes_in_lets_requests_pass_from_then_on) {
    const policy::tenant_policy before = named("before");
    recorded_traffic then(before, 10);
    const auto traffic = then.run(june_14, 60, 5'000'000);
    policy::tenant_policy after = named("after");
    after.prepaid_opening = usd_nano(0);
    simulation one({.tenant = "acme", .policy = after, .models = three_models(), .from = june_14});
    const instant paid = traffic[30].row.at;
    one.credit(paid, usd_nano(1'000'000'000));
    std::map<request_id, policy::verdict> said;
    one.on_decided = [&](request_id id, const policy::decided& what) { said[id] = what.what; };
    for (const auto& each : traffic) one.take(each.row);
    one.finish();
    for (const auto& each : traffic) {
        if (!each.row.ended) continue;
        EXPECT_EQ(said.at(each.row.id), each.row.at < paid ? policy::verdict::refuse : policy::verdict::allow);
    }
}

TEST(simulation, a_request_without_a_decision_is_taken_as_it_was) {
    const policy::tenant_policy p = named("v");
    recorded_traffic then(p, 11);
    auto traffic = then.run(june_14, 20, 5'000'000);
    std::int64_t held = 0;
    for (auto& each : traffic) {
        held += each.row.ended.has_value();
        each.row.record = each.row.id.low() % 2 == 0 ? "" : "{\"tenant\":\"acme\"}";
    }
    policy::tenant_policy closed = named("closed");
    closed.hard_stop = usd_nano(0);
    tallies figures;
    EXPECT_TRUE(simulated(closed, traffic, june_14, &figures).empty());
    EXPECT_EQ(figures.without_decision, 20);
    EXPECT_EQ(figures.all.before.cost, figures.all.after.cost);
    EXPECT_EQ(figures.all.before.refused, 20 - held);
}

}
