#include <tollgate/policy/decide.hpp>

#include <gtest/gtest.h>

namespace tollgate::policy {
namespace {

facts priced_at(std::int64_t now, std::int64_t approved) {
    facts about;
    about.who.tenant = "acme";
    about.who.model = "m";
    about.model_known = about.model_priced = true;
    about.estimate = usd_nano(now);
    about.approved_estimate = usd_nano(approved);
    about.price_input = 2'500'000'000;
    about.approved_input = 1'000'000'000;
    return about;
}

TEST(price_spike, a_rise_is_refused_past_what_the_policy_accepts_and_not_before) {
    struct row {
        std::optional<std::int32_t> most;
        std::int64_t now, approved;
        bool refused;
    };
    const row rows[] = {
        {1250, 1'250, 1'000, false},
        {1250, 1'251, 1'000, true},
        {1250, 900, 1'000, false}, // a fall is welcome
        {1000, 1'000, 1'000, false},
        {1000, 1'001, 1'000, true},
        {1333, 1'333'333'333, 1'000'000'000, true}, // whole numbers, no rounding
        {1333, 1'333'000'000, 1'000'000'000, false},
        {2000, 1'000'000'000'000'000'000, 1, true}, // as large as amounts get
        {std::nullopt, 9'000, 1'000, false},        // the tenant does not limit it
        {1250, 9'000, 0, false},                    // nothing was ever approved
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.now);
        tenant_policy policy;
        policy.fallback.price_increase_max_permille = r.most;
        const auto objection = decide(priced_at(r.now, r.approved), &policy).objection;
        ASSERT_EQ(objection.has_value(), r.refused);
        if (objection) EXPECT_EQ(objection->code, errc::price_increase_not_approved);
    }
}

TEST(price_spike, the_refusal_names_both_prices_and_what_to_do) {
    tenant_policy policy;
    policy.fallback.price_increase_max_permille = 1000;
    const auto objection = decide(priced_at(2, 1), &policy).objection;
    ASSERT_TRUE(objection.has_value());
    EXPECT_NE(objection->message.find("1.00 USD input"), std::string::npos) << objection->message;
    EXPECT_NE(objection->message.find("2.50 USD input"), std::string::npos) << objection->message;
    EXPECT_NE(objection->message.find("approves"), std::string::npos);
}

TEST(price_spike, in_shadow_mode_it_only_tells) {
    tenant_policy policy;
    policy.mode = mode::shadow;
    policy.fallback.price_increase_max_permille = 1000;
    const ruling got = decide(priced_at(2, 1), &policy);
    EXPECT_FALSE(got.objection.has_value());
    EXPECT_EQ(got.would_have, errc::price_increase_not_approved);
}

}
}
