#include <tollgate/policy/decide.hpp>

#include <gtest/gtest.h>

namespace tollgate::policy {

namespace {

facts caller(std::string feature = {}, std::string agent = {}) {
    facts f;
    f.who.tenant = "acme";
    f.who.key = "key_1";
    f.who.feature = std::move(feature);
    f.who.agent = std::move(agent);
    return f;
}

limit cost_limit(std::string name, std::int64_t maximum) {
    limit l;
    l.name = std::move(name);
    l.maximum = maximum;
    return l;
}

}

TEST(limits_for, names_the_tenants_own_limits_first_and_in_order) {
    tenant_policy p;
    p.hard_stop = usd_nano(600);
    p.monthly_budget = usd_nano(500);
    p.daily_soft_limit = usd_nano(35);
    p.limits = {cost_limit("extra", 7)};
    const facts f = caller();
    const auto checks = limits_for(f, p);
    ASSERT_EQ(checks.size(), 4u);
    const char* names[] = {"hard_stop_usd", "monthly_budget_usd", "daily_soft_limit_usd", "extra"};
    for (std::size_t i = 0; i < checks.size(); ++i) {
        EXPECT_EQ(checks[i].check.limit, i);
        EXPECT_EQ(checks[i].name, names[i]);
    }
    EXPECT_TRUE(checks[0].check.hard);
    EXPECT_TRUE(checks[1].check.hard); // fail_closed is the default
    EXPECT_FALSE(checks[2].check.hard);
    EXPECT_EQ(checks[2].check.span, window::day);
}

TEST(limits_for, a_budget_that_only_notifies_does_not_refuse) {
    tenant_policy p;
    p.monthly_budget = usd_nano(500);
    p.over_limit = {action::notify};
    EXPECT_FALSE(limits_for(caller(), p)[0].check.hard);
    p.over_limit = {action::downgrade, action::fail_closed};
    EXPECT_TRUE(limits_for(caller(), p)[0].check.hard);
}

TEST(limits_for, applies_what_matches_and_counts_by_distinct_tuple) {
    tenant_policy p;
    limit support = cost_limit("support", 10), agents = cost_limit("agents", 20);
    support.match = {{dimension::feature, "support"}};
    agents.match = {{dimension::feature, "support"}};
    agents.per = {dimension::agent};
    p.limits = {support, agents};

    EXPECT_TRUE(limits_for(caller("sales"), p).empty());
    const auto checks = limits_for(caller("support", "a1"), p);
    ASSERT_EQ(checks.size(), 2u);
    EXPECT_EQ(checks[0].check.scope, "feature=support");
    EXPECT_EQ(checks[1].check.scope, "feature=support;agent=a1");
    EXPECT_EQ(limits_for(caller("support"), p)[1].check.scope, "feature=support;agent=");
}

TEST(limits_for, no_value_can_pass_for_another_scope) {
    tenant_policy p;
    limit both = cost_limit("both", 10);
    both.per = {dimension::feature, dimension::agent};
    p.limits = {both};
    const std::string honest = limits_for(caller("x", "y"), p)[0].check.scope;
    const std::string forged = limits_for(caller("x;agent=y", ""), p)[0].check.scope;
    EXPECT_EQ(honest, "feature=x;agent=y");
    EXPECT_EQ(forged, "feature=x%3bagent%3dy;agent=");
}

TEST(limits_for, refusals_carry_the_code_of_their_narrowest_dimension) {
    struct row {
        dimension per;
        measure what;
        errc code;
    };
    const row rows[] = {
        {dimension::tenant, measure::cost, errc::tenant_budget_exceeded},
        {dimension::workspace, measure::cost, errc::workspace_budget_exceeded},
        {dimension::key, measure::cost, errc::key_budget_exceeded},
        {dimension::feature, measure::cost, errc::feature_budget_exceeded},
        {dimension::agent, measure::cost, errc::agent_budget_exceeded},
        {dimension::end_user, measure::cost, errc::end_user_budget_exceeded},
        {dimension::agent, measure::requests, errc::request_rate_exceeded},
        {dimension::key, measure::tokens, errc::token_rate_exceeded},
        {dimension::key, measure::concurrency, errc::concurrency_exceeded},
    };
    for (const row& r : rows) {
        tenant_policy p;
        limit l = cost_limit("l", 1);
        l.per = {r.per};
        l.what = r.what;
        p.limits = {l};
        const facts f = caller("x", "y");
        const auto checks = limits_for(f, p);
        EXPECT_EQ(scope_of(checks[0], f).code, r.code);
        if (r.what == measure::concurrency) EXPECT_EQ(checks[0].check.span, window::total);
    }
}

TEST(limits_for, a_rotated_key_counts_where_the_first_of_its_chain_did) {
    tenant_policy p;
    p.limits = {cost_limit("per key", 10), cost_limit("first", 10), cost_limit("third", 10), cost_limit("other", 10)};
    p.limits[0].per = {dimension::key};
    p.limits[1].match = {{dimension::key, "key_1"}};
    p.limits[2].match = {{dimension::key, "key_3"}};
    p.limits[3].match = {{dimension::key, "key_2"}};
    facts f = caller();
    f.who.key = "key_3";
    f.who.key_family = "key_1";
    const auto checks = limits_for(f, p);
    ASSERT_EQ(checks.size(), 3u); // of the matched ones its own name and its family's
    for (const auto& each : checks) EXPECT_EQ(each.check.scope, "key=key_1");
    EXPECT_EQ(checks[1].name, "first");
    EXPECT_EQ(checks[2].name, "third");
}

}
