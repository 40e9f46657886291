// One table: a fact or a policy field changed from a request that may run, and the rule that objects.
#include <tollgate/policy/decide.hpp>

#include <gtest/gtest.h>

#include <functional>

namespace tollgate::policy {

namespace {

facts good_facts() {
    facts f;
    f.who.tenant = "acme";
    f.who.key = "key_1";
    f.who.model = "gpt";
    f.who.tier = "standard";
    f.at = instant::from_seconds(1000);
    f.model_known = f.model_priced = true;
    f.estimate = usd_nano(100);
    return f;
}

tenant_policy good_policy() {
    tenant_policy p;
    p.tenant = "acme";
    p.version = "v1";
    p.hard_stop = usd_nano(1000);
    p.allowed_tiers = {"standard"};
    return p;
}

}

TEST(rules, a_good_request_meets_no_objection) {
    const tenant_policy p = good_policy();
    EXPECT_FALSE(decide(good_facts(), &p).objection);
}

TEST(rules, each_objects_to_its_own_fault_and_names_it) {
    struct row {
        const char* what;
        std::function<void(facts&, tenant_policy&)> change;
        std::optional<errc> code;
    };
    const row rows[] = {
        {"key expires now", [](facts& f, tenant_policy&) { f.key_expires = f.at; }, errc::api_key_expired},
        {"key expires later", [](facts& f, tenant_policy&) { f.key_expires = {f.at.us + 1}; }, std::nullopt},
        {"key revoked", [](facts& f, tenant_policy&) { f.key_revoked = f.at; }, errc::api_key_revoked},
        {"tenant suspended", [](facts&, tenant_policy& p) { p.status = status::suspended; }, errc::tenant_suspended},
        {"tenant closed", [](facts&, tenant_policy& p) { p.status = status::closed; }, errc::tenant_suspended},
        {"suspended at run time", [](facts& f, tenant_policy&) { f.tenant_status = "suspended"; },
         errc::tenant_suspended},
        {"resumed at run time",
         [](facts& f, tenant_policy& p) { p.status = status::suspended, f.tenant_status = "active"; }, std::nullopt},
        {"feature blocked", [](facts& f, tenant_policy& p) { f.who.feature = "bulk", p.blocked_features = {"bulk"}; },
         errc::feature_blocked},
        {"another feature", [](facts& f, tenant_policy& p) { f.who.feature = "chat", p.blocked_features = {"bulk"}; },
         std::nullopt},
        {"no feature", [](facts&, tenant_policy& p) { p.blocked_features = {""}; }, std::nullopt},
        {"model unknown", [](facts& f, tenant_policy&) { f.model_known = false; }, errc::model_not_found},
        {"model not pinned", [](facts& f, tenant_policy&) { f.key_models = {"other"}; }, errc::model_not_found},
        {"model pinned", [](facts& f, tenant_policy&) { f.key_models = {"other", "gpt"}; }, std::nullopt},
        {"tier not allowed", [](facts& f, tenant_policy&) { f.who.tier = "premium"; }, errc::model_tier_not_allowed},
        {"every tier allowed", [](facts& f, tenant_policy& p) { f.who.tier = "premium", p.allowed_tiers = {}; },
         std::nullopt},
        {"wrong endpoint", [](facts& f, tenant_policy&) { f.right_endpoint = false; }, errc::invalid_request},
        {"hosted tool", [](facts& f, tenant_policy&) { f.hosted_tools = 1; }, errc::hosted_tool_not_allowed},
        {"hosted tool allowed", [](facts& f, tenant_policy& p) { f.hosted_tools = 1, p.allow_hosted_tools = true; },
         std::nullopt},
        {"hosted tool, money unlimited", [](facts& f, tenant_policy& p) { f.hosted_tools = 1, p.hard_stop.reset(); },
         std::nullopt},
        {"background", [](facts& f, tenant_policy&) { f.background = true; }, errc::hosted_tool_not_allowed},
        {"no price", [](facts& f, tenant_policy&) { f.model_priced = false; }, errc::model_not_priced},
        {"no price, money unlimited", [](facts& f, tenant_policy& p) { f.model_priced = false, p.hard_stop.reset(); },
         std::nullopt},
        {"dearer than one request may be", [](facts&, tenant_policy& p) { p.per_request_max = usd_nano(99); },
         errc::request_cost_limit_exceeded},
        {"as dear as one request may be", [](facts&, tenant_policy& p) { p.per_request_max = usd_nano(100); },
         std::nullopt},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.what);
        facts f = good_facts();
        tenant_policy p = good_policy();
        r.change(f, p);
        const auto got = decide(f, &p).objection;
        ASSERT_EQ(got.has_value(), r.code.has_value());
        if (!got) continue;
        EXPECT_EQ(got->code, *r.code);
        EXPECT_EQ(got->policy_version, "v1");
    }
}

TEST(rules, a_tenant_without_a_policy_may_do_nothing) {
    EXPECT_EQ(decide(good_facts(), nullptr).objection->code, errc::tenant_suspended);
}

TEST(rules, a_dead_key_is_told_before_anything_about_its_tenant) {
    facts f = good_facts();
    f.key_revoked = f.at;
    tenant_policy p = good_policy();
    p.status = status::suspended;
    EXPECT_EQ(decide(f, &p).objection->code, errc::api_key_revoked);
    EXPECT_EQ(decide_caller(f, &p).objection->code, errc::api_key_revoked);
}

TEST(rules, the_openai_profile_travels_with_the_refusal) {
    tenant_policy p = good_policy();
    p.refusals = refusal_profile::openai;
    p.status = status::closed;
    EXPECT_TRUE(decide(good_facts(), &p).objection->openai_profile);
}

}
