#include <tollgate/policy/policy.hpp>

#include <gtest/gtest.h>

namespace tollgate::policy {
namespace {

TEST(action, chains_are_read_and_named_alike) {
    struct row {
        const char* text;
        action_chain expected;
    };
    const row rows[] = {
        {"notify", {action::notify}},
        {"confirm", {action::confirm}},
        {"throttle", {action::throttle}},
        {"fail_closed", {action::fail_closed}},
        {"downgrade_then_fail_closed", {action::downgrade, action::fail_closed}},
        {"notify_then_confirm_then_downgrade_then_throttle",
         {action::notify, action::confirm, action::downgrade, action::throttle}},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        const auto got = parse_action(r.text);
        ASSERT_TRUE(got.has_value());
        EXPECT_EQ(*got, r.expected);
        EXPECT_EQ(name_of(*got), r.text);
    }
}

TEST(action, chains_that_end_open_or_go_past_a_refusal_are_refused) {
    for (const char* text : {"", "downgrade", "notify_then_downgrade", "fail_closed_then_notify",
                             "throttle_then_fail_closed", "notify_then_", "_then_notify", "notify_then_notify",
                             "Notify", "notify then confirm", "notify_then_then_confirm", "serve"})
        EXPECT_FALSE(parse_action(text).has_value()) << text;
}

TEST(tenant_policy, limits_money_when_any_limit_is_in_money) {
    EXPECT_FALSE(tenant_policy{}.limits_money());
    tenant_policy requests_only;
    requests_only.limits.push_back({.name = "r", .match = {}, .per = {}, .what = measure::requests, .maximum = 1});
    EXPECT_FALSE(requests_only.limits_money());
    requests_only.limits.push_back({.name = "c", .match = {}, .per = {}, .what = measure::cost, .maximum = 1});
    EXPECT_TRUE(requests_only.limits_money());

    std::optional<usd_nano> tenant_policy::* const amounts[] = {
        &tenant_policy::monthly_budget, &tenant_policy::hard_stop, &tenant_policy::daily_soft_limit,
        &tenant_policy::prepaid_opening, &tenant_policy::per_request_max};
    for (const auto amount : amounts) {
        tenant_policy one;
        one.*amount = usd_nano(0);
        EXPECT_TRUE(one.limits_money());
    }
}

TEST(policy_set, finds_tenants_by_name) {
    policy_set set;
    set.tenants.emplace("a", std::make_shared<const tenant_policy>());
    EXPECT_EQ(set.find("a"), set.tenants.at("a").get());
    EXPECT_EQ(set.find("b"), nullptr);
}

}
}
