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

retry_facts running(instant now, std::int64_t us_left) {
    retry_facts out;
    out.same_request = 6;
    out.signal = storm_signal::same_request;
    out.blocked_until = instant{now.us + us_left};
    return out;
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

TEST(rules, the_retry_guard_judges_what_was_counted) {
    struct row {
        const char* what;
        std::function<void(facts&, tenant_policy&)> change;
        bool blocked;
    };
    const row rows[] = {
        {"a block runs", [](facts& f, tenant_policy& p) { p.retries.emplace(), f.retries = running(f.at, 1); }, true},
        {"a block ends now", [](facts& f, tenant_policy& p) { p.retries.emplace(), f.retries = running(f.at, 0); },
         false},
        {"a block, and no guard any more", [](facts& f, tenant_policy&) { f.retries = running(f.at, 1); }, false},
        {"as many of the same as may be",
         [](facts& f, tenant_policy& p) { p.retries.emplace(), f.retries.same_request = 5; }, false},
        {"one more of the same", [](facts& f, tenant_policy& p) { p.retries.emplace(), f.retries.same_request = 6; },
         true},
        {"a storm that a laxer guard would not see",
         [](facts& f, tenant_policy& p) {
             p.retries.emplace().same_request = 6;
             f.retries = {.same_request = 6, .signal = storm_signal::same_request, .begins = true};
             f.retries.blocked_until = instant{f.at.us + 1};
         },
         false},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.what);
        facts f = good_facts();
        tenant_policy p = good_policy();
        r.change(f, p);
        const auto got = decide(f, &p).objection;
        ASSERT_EQ(got.has_value(), r.blocked);
        if (got) EXPECT_EQ(got->code, errc::retry_storm_blocked);
    }
}

TEST(rules, a_storm_is_refused_with_what_was_counted_and_until_when) {
    struct row {
        retry_facts seen;
        const char* signal;
        const char* words;
        std::int64_t used;
    };
    const row rows[] = {
        {{.same_request = 6, .signal = storm_signal::same_request}, "same_request", "came 6 times within 60 s", 6},
        {{.refusals = 10, .signal = storm_signal::refusals}, "refusals", "10 requests of this key were refused", 10},
        {{.requests = 20, .retried = 7, .signal = storm_signal::sdk_retries}, "sdk_retries", "7 of the last 20", 7},
    };
    for (row r : rows) {
        SCOPED_TRACE(r.signal);
        facts f = good_facts();
        tenant_policy p = good_policy();
        p.retries.emplace();
        r.seen.blocked_until = instant{f.at.us + 29'000'001};
        f.retries = r.seen;
        const auto got = decide(f, &p).objection;
        ASSERT_TRUE(got);
        EXPECT_EQ(got->retry_after_ms, 29'001u);
        EXPECT_EQ(got->used_count, r.used);
        EXPECT_NE(got->message.find(r.words), std::string::npos) << got->message;
        EXPECT_NE(got->message.find("1970-01-01T00:17:09Z"), std::string::npos) << got->message;
        const std::vector<std::pair<std::string, std::string>> extra{{"signal", r.signal},
                                                                     {"resumes_at", "1970-01-01T00:17:09Z"}};
        EXPECT_EQ(got->extra, extra);
        EXPECT_EQ(got->scope_kind, "key");
        EXPECT_EQ(got->scope_id, "key_1");
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
