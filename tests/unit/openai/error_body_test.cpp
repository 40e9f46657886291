#include <tollgate/openai/error_body.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

using namespace tollgate;
using namespace tollgate::openai;

namespace {

refusal refused(errc code, std::optional<std::uint32_t> retry_after_ms = {}) {
    refusal why;
    why.code = code;
    why.retry_after_ms = retry_after_ms;
    return why;
}

constexpr int codes = static_cast<int>(errc::stream_truncated) + 1;

std::string field_of(const error_answer& answer, std::string_view name) {
    const auto found = std::ranges::find(answer.fields, name, [](const auto& f) { return f.first; });
    return found == answer.fields.end() ? "(none)" : found->second;
}

bool has(const error_answer& answer, std::string_view text) { return answer.body.find(text) != std::string::npos; }

TEST(error_body, every_code_has_an_answer) {
    std::set<std::string_view> texts;
    for (int i = 0; i < codes; ++i) {
        const auto code = static_cast<errc>(i);
        const error_answer answer = to_answer(refused(code), "req_1");
        SCOPED_TRACE(answer.body);
        EXPECT_GE(answer.status, 400);
        EXPECT_LT(answer.status, 600);
        EXPECT_TRUE(has(answer, R"("message":")"));
        EXPECT_TRUE(has(answer, R"("type":")"));
        EXPECT_TRUE(has(answer, R"("param":)"));
        EXPECT_TRUE(has(answer, "\"code\":\"" + std::string(code_text(code)) + "\""));
        EXPECT_TRUE(has(answer, R"("request_id":"req_1")"));
        texts.insert(code_text(code));
    }
    // Three paces and two overloads share a text.
    EXPECT_EQ(texts.size(), static_cast<std::size_t>(codes - 3));
}

TEST(error_body, a_budget_refusal_tells_all_that_is_known) {
    refusal why;
    why.code = errc::tenant_budget_exceeded;
    why.message = "Tenant \"acme\" reached its hard stop.";
    why.scope_kind = "tenant";
    why.scope_id = "tenant_123";
    why.period = "2026-06";
    why.limit_usd = usd_nano(600 * usd_nano::per_usd);
    why.spent_usd = usd_nano(598'412'000'000);
    why.resets_at = instant::from_seconds(1'782'864'000);
    why.policy_version = "v1";
    why.over_limit_action = "downgrade_then_fail_closed";
    why.extra = {{"confirmation.token", "t"}, {"confirmation.header", "X-AI-Confirm"}, {"x", "y"}};
    const error_answer answer = to_answer(why, "req_1");
    EXPECT_EQ(answer.status, 402);
    EXPECT_EQ(field_of(answer, "x-should-retry"), "false");
    EXPECT_EQ(field_of(answer, "retry-after"), "(none)");
    EXPECT_EQ(
        answer.body,
        R"({"error":{"message":"Tenant \"acme\" reached its hard stop.","type":"insufficient_quota","param":null,)"
        R"("code":"tenant_budget_exceeded","gateway":{"origin":"gateway","request_id":"req_1","retryable":false,)"
        R"("scope":{"kind":"tenant","id":"tenant_123"},"period":"2026-06","limit_usd":"600.00","spent_usd":"598.412",)"
        R"("resets_at":"2026-07-01T00:00:00Z","policy_version":"v1","over_limit_action":"downgrade_then_fail_closed",)"
        R"("confirmation":{"token":"t","header":"X-AI-Confirm"},"x":"y"}}})");
}

TEST(error_body, money_refusals_are_402_or_429_by_profile_and_never_retried) {
    for (const errc code : {errc::prepaid_balance_required, errc::tenant_budget_exceeded,
                            errc::workspace_budget_exceeded, errc::key_budget_exceeded, errc::feature_budget_exceeded,
                            errc::agent_budget_exceeded, errc::end_user_budget_exceeded}) {
        SCOPED_TRACE(code_text(code));
        refusal why = refused(code, 5);
        const error_answer usual = to_answer(why, "r");
        why.openai_profile = true;
        const error_answer openai = to_answer(why, "r");
        EXPECT_EQ(usual.status, 402);
        EXPECT_EQ(openai.status, 429);
        for (const error_answer* answer : {&usual, &openai}) {
            EXPECT_EQ(field_of(*answer, "x-should-retry"), "false");
            EXPECT_EQ(field_of(*answer, "retry-after"), "(none)");
            EXPECT_TRUE(has(*answer, R"("type":"insufficient_quota")"));
        }
    }
}

TEST(error_body, waiting_is_suggested_up_to_a_minute) {
    struct row {
        std::optional<std::uint32_t> ms;
        std::string_view seconds, should_retry;
    };
    const row rows[] = {
        {{}, "(none)", "false"}, // larger than the limit, or the limit has no end
        {1u, "1", "(none)"},     {1'500u, "2", "(none)"}, {60'000u, "60", "(none)"}, {60'001u, "(none)", "false"},
    };
    for (const row& r : rows) {
        const error_answer answer = to_answer(refused(errc::request_rate_exceeded, r.ms), "r");
        EXPECT_EQ(answer.status, 429);
        EXPECT_EQ(field_of(answer, "retry-after"), r.seconds);
        EXPECT_EQ(field_of(answer, "x-should-retry"), r.should_retry);
        EXPECT_EQ(field_of(answer, "retry-after-ms"), r.seconds == "(none)" ? "(none)" : std::to_string(*r.ms));
    }
}

TEST(error_body, paces_share_a_code_and_differ_by_type) {
    struct row {
        errc code;
        std::string_view type;
    };
    for (const row& r : {row{errc::request_rate_exceeded, "requests"}, row{errc::token_rate_exceeded, "tokens"},
                         row{errc::concurrency_exceeded, "requests"}}) {
        const error_answer answer = to_answer(refused(r.code), "r");
        EXPECT_TRUE(has(answer, R"("code":"rate_limit_exceeded")"));
        EXPECT_TRUE(has(answer, "\"type\":\"" + std::string(r.type) + "\""));
    }
}

TEST(error_body, an_unknown_key_learns_nothing) {
    refusal why = refused(errc::invalid_api_key);
    why.scope_kind = "tenant";
    why.scope_id = "acme";
    const error_answer answer = to_answer(why, "req_1");
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(field_of(answer, "www-authenticate"), "Bearer");
    EXPECT_FALSE(has(answer, "acme"));
    EXPECT_TRUE(has(answer, R"("gateway":{"origin":"gateway","request_id":"req_1"})"));
}

TEST(error_body, a_wrong_method_learns_the_right_ones) {
    refusal why = refused(errc::method_not_allowed);
    why.extra = {{"allow", "POST"}};
    EXPECT_EQ(field_of(to_answer(why, "r"), "allow"), "POST");
}

TEST(error_body, in_a_stream_it_is_an_event) {
    const refusal why = refused(errc::stream_truncated);
    const std::string chat = stream_error(false, why, "req_1");
    EXPECT_TRUE(chat.starts_with("data: {\"error\":{\"message\":"));
    EXPECT_TRUE(chat.ends_with("}}\n\n"));
    const std::string responses = stream_error(true, why, "req_1");
    EXPECT_TRUE(
        responses.starts_with("event: error\ndata: {\"type\":\"error\",\"code\":\"stream_truncated\",\"message\":"));
    EXPECT_TRUE(responses.ends_with("}\n\n"));
}

TEST(provider_error, every_shape_becomes_openai_s) {
    struct row {
        int status;
        std::string_view body;
        int answer;
        std::string_view holds;
    };
    const row rows[] = {
        {400, R"({"error":{"message":"Bad n","type":"invalid_request_error","param":"n","code":"bad_n"}})", 400,
         R"("message":"Bad n","type":"invalid_request_error","param":"n","code":"bad_n")"},
        {400, R"({"error":{"message":"Bad n","type":"BadRequestError","param":null,"code":400}})", 400,
         R"("message":"Bad n","type":"BadRequestError","param":null,"code":null)"},
        {400, R"({"error":"plain"})", 400,
         R"("message":"plain","type":"invalid_request_error","param":null,"code":null)"},
        {400, R"({"code":"some","error":"xai"})", 400,
         R"("message":"xai","type":"invalid_request_error","param":null,"code":"some")"},
        {422,
         R"({"object":"error","message":{"detail":[{"loc":["body","stream_options"],"msg":"Extra inputs"}]},)"
         R"("type":"x"})",
         422, R"("message":"Extra inputs","type":"x","param":"stream_options","code":null)"},
        {422, R"({"detail":[{"loc":["body","a",0],"msg":"one"},{"loc":["body","b"],"msg":"two"}]})", 422,
         R"("message":"one; two","type":"invalid_request_error","param":"a")"},
        {404, R"({"detail":"Not Found"})", 404, R"("message":"Not Found")"},
        {400, R"([{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"Google"}}])", 400,
         R"("message":"Google","type":"invalid_request_error","param":null,"code":"INVALID_ARGUMENT")"},
        {400, R"({"message":"AWS"})", 400, R"("message":"AWS")"},
        {400, R"({"type":"error","error":{"type":"invalid_request_error","message":"Claude"}})", 400,
         R"("message":"Claude")"},
        {413, "too big", 413, R"("message":"too big")"},
        {400, "<html>x</html>", 400, "without a reason"},
        {400, "", 400, "without a reason"},
        {401, R"({"error":{"message":"Incorrect API key sk-abc"}})", 502, "provider_configuration_error"},
        {402, "{}", 502, "provider_configuration_error"},
        {403, "{}", 502, "provider_configuration_error"},
        {429, R"({"error":{"message":"x","type":"requests"}})", 429, "provider_rate_limited"},
        {429, R"({"error":{"message":"x","code":"insufficient_quota"}})", 502, "provider_configuration_error"},
        {500, "<html>", 502, "provider_error"},
        {503, "", 502, "provider_unavailable"},
        {529, "", 502, "provider_unavailable"},
        {408, "", 504, "provider_timeout"},
        {504, "", 504, "provider_timeout"},
        {200, R"({"error":{"message":"late","code":429}})", 429, "provider_rate_limited"},
        {200, R"({"error":{"message":"late"}})", 502, "provider_error"},
        {200, R"({"error":{"message":"yours","type":"invalid_request_error"}})", 400, R"("message":"yours")"},
        {302, "", 502, "provider_error"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.body);
        const error_answer answer = normalise_provider_error(r.status, r.body, {}, "req_1");
        EXPECT_EQ(answer.status, r.answer);
        EXPECT_TRUE(has(answer, r.holds)) << answer.body;
        EXPECT_TRUE(has(answer, R"("origin":"provider")"));
        EXPECT_FALSE(has(answer, "sk-abc"));
    }
}

TEST(provider_error, its_waiting_time_is_told) {
    const error_answer said = normalise_provider_error(429, "{}", 1'250, "req_1");
    EXPECT_EQ(field_of(said, "retry-after"), "2");
    EXPECT_EQ(field_of(said, "retry-after-ms"), "1250");
    const error_answer silent = normalise_provider_error(429, "{}", {}, "req_1");
    EXPECT_EQ(field_of(silent, "retry-after"), "(none)");
    EXPECT_EQ(field_of(silent, "retry-after-ms"), "(none)");
}

TEST(provider_error, long_messages_are_cut_between_characters) {
    std::string text;
    for (int i = 0; i < 3'000; ++i) text += "é";
    const error_answer answer = normalise_provider_error(400, "{\"message\":\"" + text + "\"}", {}, "req_1");
    EXPECT_LT(answer.body.size(), 2'500u);
    EXPECT_TRUE(has(answer, "é..."));
}

}
