#include "padded.hpp"

#include <tollgate/openai/metering.hpp>

#include <gtest/gtest.h>

using namespace tollgate;
using namespace tollgate::openai;

namespace {

usage used(std::int64_t prompt, std::int64_t completion) {
    usage out;
    out.prompt_tokens = prompt;
    out.completion_tokens = completion;
    return out;
}

answer_report read(std::string_view body, endpoint where = endpoint::chat_completions,
                   const provider_quirks& quirks = {}) {
    const padded text(body);
    return read_answer(where, text, quirks);
}

usage usage_of(std::string_view usage_object, const provider_quirks& quirks = {}) {
    const answer_report got = read("{\"usage\":" + std::string(usage_object) + "}", endpoint::chat_completions, quirks);
    EXPECT_TRUE(got.usage.present) << usage_object;
    EXPECT_FALSE(got.usage.malformed) << usage_object;
    return got.usage.used;
}

TEST(read_answer, finds_usage_model_tier_and_where_the_cost_goes) {
    const std::string body =
        R"({"id":"x","model":"gpt-6","service_tier":"priority","choices":[{"message":{"content":"hi"}}],
        "usage":{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}} , "x":1})";
    const answer_report got = read(body);
    EXPECT_TRUE(got.json);
    EXPECT_FALSE(got.error);
    EXPECT_TRUE(got.usage.present);
    EXPECT_EQ(got.usage.model, "gpt-6");
    EXPECT_EQ(got.usage.tier, service_tier::priority);
    EXPECT_EQ(got.usage.used.cached_tokens, 4);
    std::string with_cost = body;
    with_cost.insert(got.usage_close, ",\"cost_usd\":\"1\"");
    EXPECT_NE(with_cost.find("{\"cached_tokens\":4},\"cost_usd\":\"1\"} , \"x\":1}"), std::string::npos) << with_cost;
    EXPECT_FALSE(got.usage_empty);
    const answer_report empty = read(R"({"usage":{ }})");
    EXPECT_FALSE(empty.usage.present);
    EXPECT_TRUE(empty.usage_empty);
    EXPECT_EQ(empty.usage_close, 11u);
    const answer_report null = read(R"({"usage": null ,"x":1})");
    EXPECT_EQ(null.usage_close, 0u);
    EXPECT_EQ(null.usage_null, 10u);
    EXPECT_FALSE(null.usage_absent);
    EXPECT_TRUE(read(R"({"x":{"usage":{}}})").usage_absent);
    EXPECT_FALSE(read(R"({"usage":"much"})").usage_absent);
}

TEST(read_answer, never_fails) {
    for (const std::string_view body : {"", " ", "[]", "7", "nope", "{", "<html>", "{\"usage\":{\"prompt_tokens\":",
                                        "{\"choices\":[{\"message\":", "{} x", "\xff\xfe"}) {
        SCOPED_TRACE(body);
        const answer_report got = read(body);
        EXPECT_FALSE(got.json);
        EXPECT_FALSE(got.usage.present);
    }
    EXPECT_TRUE(read("{}").json);
    // What was read before the text broke off is kept.
    const answer_report cut = read(R"({"usage":{"prompt_tokens":1})");
    EXPECT_FALSE(cut.json);
    EXPECT_TRUE(cut.usage.present);
}

TEST(read_answer, an_error_is_told_from_an_answer) {
    EXPECT_TRUE(read(R"({"error":{"message":"x"}})").error);
    EXPECT_TRUE(read(R"({"error":"x"})").error);
    EXPECT_FALSE(read(R"({"error":null,"choices":[]})").error);
    EXPECT_FALSE(read(R"({"object":"response","status":"failed","error":{"code":"x"},"usage":{"input_tokens":1,)"
                      R"("output_tokens":0}})")
                     .error);
}

TEST(read_answer, output_is_counted_when_no_usage_came) {
    const answer_report chat = read(
        R"({"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",
            "content":"Hello \u00e9","tool_calls":
        [{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]},
            "logprobs":{"content":[{"token":"Hello"}]}}]})");
    EXPECT_EQ(chat.output_text_bytes, 8 + 1 + 2);
    EXPECT_GT(chat.output_tokens_counted, 0);
    const answer_report responses =
        read(R"({"object":"response","output":[{"id":"m","type":"message","role":"assistant","content":[{)"
             R"("type":"output_text","text":"four"}]}]})",
             endpoint::responses);
    EXPECT_EQ(responses.output_text_bytes, 4);
    EXPECT_EQ(read(R"({"choices":[{"message":{"content":"x"}}],"usage":{"total_tokens":3}})").output_tokens_counted, 0);
    EXPECT_EQ(read(R"({"data":[{"embedding":"QUJD"}]})", endpoint::embeddings).output_tokens_counted, 0);
}

TEST(usage, every_spelling_is_read) {
    struct row {
        std::string_view object;
        std::int64_t prompt, cached, completion, reasoning;
    };
    const row rows[] = {
        {R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":15})", 10, 0, 5, 0},
        {R"({"input_tokens":10,"output_tokens":5,"input_tokens_details":{"cached_tokens":3},)"
         R"("output_tokens_details":{"reasoning_tokens":2}})",
         10, 3, 5, 2},
        {R"({"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":6})", 10,
         4, 5, 0},
        {R"({"prompt_tokens":10,"completion_tokens":5,"num_cached_tokens":4})", 10, 4, 5, 0},
        {R"({"prompt_tokens":10,"completion_tokens":5,"prompt_token_details":{"cached_tokens":4}})", 10, 4, 5, 0},
        {R"({"prompt_tokens":10,"completion_tokens":5,"cached_tokens":4})", 10, 4, 5, 0},
        {R"({"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":2},)"
         R"("num_cached_tokens":4})",
         10, 2, 5, 0},
        {R"({"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":null,)"
         R"("completion_tokens_details":{"reasoning_tokens":null}})",
         10, 0, 5, 0},
        // Gemini leaves thinking out of the completion, but not out of the total.
        {R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":40})", 10, 0, 30, 0},
        {R"({"prompt_tokens":10,"total_tokens":10})", 10, 0, 0, 0},
        // More cached than there is, more reasoning than there is.
        {R"({"prompt_tokens":10,"completion_tokens":5,"cached_tokens":11})", 10, 10, 5, 0},
        {R"({"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":9}})", 10, 0, 5,
         5},
        {R"({"prompt_tokens":10.0,"completion_tokens":5e0})", 10, 0, 5, 0},
        {R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})", 0, 0, 0, 0},
        {R"({"completion_tokens":5,"total_tokens":15})", 10, 0, 5, 0},
        {R"({"completion_tokens":5,"total_tokens":3})", 0, 0, 5, 0},
        {R"({"total_tokens":15})", 0, 0, 15, 0},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.object);
        const usage got = usage_of(r.object);
        EXPECT_EQ(got.prompt_tokens, r.prompt);
        EXPECT_EQ(got.cached_tokens, r.cached);
        EXPECT_EQ(got.completion_tokens, r.completion);
        EXPECT_EQ(got.reasoning_tokens, r.reasoning);
    }
}

TEST(usage, tells_which_half_was_not_told) {
    const auto told = [](std::string_view object) { return read("{\"usage\":" + std::string(object) + "}").usage; };
    EXPECT_TRUE(told(R"({"completion_tokens":5})").prompt_missing);
    EXPECT_FALSE(told(R"({"completion_tokens":5})").completion_missing);
    EXPECT_TRUE(told(R"({"prompt_tokens":5,"completion_tokens":null})").completion_missing);
    EXPECT_FALSE(told(R"({"prompt_tokens":5,"total_tokens":5})").completion_missing);
}

TEST(usage, of_embeddings_is_input_whatever_its_name) {
    const answer_report got = read(R"({"usage":{"total_tokens":7}})", endpoint::embeddings);
    EXPECT_EQ(got.usage.used.prompt_tokens, 7);
    EXPECT_EQ(got.usage.used.completion_tokens, 0);
}

TEST(usage, parts_are_disjoint_and_never_pass_their_total) {
    const usage got = usage_of(
        R"({"prompt_tokens":10,"completion_tokens":10,"prompt_tokens_details":{"cached_tokens":6,
            "cache_write_tokens":3,"audio_tokens":6,"image_tokens":9},
        "completion_tokens_details":{"audio_tokens":7,"reasoning_tokens":7}})");
    EXPECT_EQ(got.cached_tokens, 6);
    EXPECT_EQ(got.cache_write_tokens, 3);
    EXPECT_EQ(got.audio_in_tokens, 1);
    EXPECT_EQ(got.image_in_tokens, 0);
    EXPECT_EQ(got.audio_out_tokens + got.reasoning_tokens, 10);
}

TEST(usage, cache_writes_go_by_two_names_in_the_details) {
    for (const std::string name : {"cache_write_tokens", "cache_creation_tokens"}) {
        const usage got =
            usage_of(R"({"prompt_tokens":10,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":2,")" +
                     name + R"(":4}})");
        EXPECT_EQ(got.prompt_tokens, 10) << name;
        EXPECT_EQ(got.cache_write_tokens, 4) << name;
    }
}

TEST(usage, siblings_of_the_anthropic_shape_are_added) {
    provider_quirks anthropic;
    anthropic.input_excludes_cache = true;
    const usage got =
        usage_of(R"({"input_tokens":10,"cache_creation_input_tokens":30,"cache_read_input_tokens":100,"output_tokens":7,
        "cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":10},
            "server_tool_use":{"web_search_requests":2}})",
                 anthropic);
    EXPECT_EQ(got.prompt_tokens, 140);
    EXPECT_EQ(got.cached_tokens, 100);
    EXPECT_EQ(got.cache_write_tokens, 20);
    EXPECT_EQ(got.cache_write_1h_tokens, 10);
    EXPECT_EQ(got.completion_tokens, 7);
    EXPECT_EQ(got.web_search_calls, 2);
}

TEST(usage, reasoning_is_extra_where_the_provider_says_so) {
    provider_quirks xai;
    xai.reasoning_extra = true;
    constexpr std::string_view object =
        R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"prompt_tokens_details":{"cached_tokens":12},
        "completion_tokens_details":{"reasoning_tokens":20}})";
    const usage got = usage_of(object, xai);
    EXPECT_EQ(got.completion_tokens, 25);
    EXPECT_EQ(got.reasoning_tokens, 20);
    EXPECT_EQ(got.prompt_tokens, 22);
    EXPECT_EQ(got.cached_tokens, 12);
}

TEST(usage, what_is_no_count_is_malformed) {
    for (const std::string_view value : {"-1", "1.5", "\"7\"", "true", "{}", "1e300", "100000001"}) {
        SCOPED_TRACE(value);
        const answer_report got =
            read("{\"usage\":{\"prompt_tokens\":" + std::string(value) + ",\"completion_tokens\":1}}");
        EXPECT_TRUE(got.usage.malformed);
        EXPECT_TRUE(got.json);
        EXPECT_TRUE(read("{\"usage\":{\"prompt_tokens\":1,\"prompt_tokens_details\":{\"cached_tokens\":" +
                         std::string(value) + "}}}")
                        .usage.malformed);
    }
    EXPECT_FALSE(read(R"({"usage":{"prompt_tokens":1,"cost":-0.5,"queue_time":0.1}})").usage.malformed);
}

TEST(settle_usage, follows_its_table) {
    usage_report none, some, zero, bad, no_prompt, no_output;
    some.present = zero.present = bad.present = bad.malformed = true;
    some.used = used(50, 20);
    no_prompt.present = no_prompt.prompt_missing = no_output.present = no_output.completion_missing = true;
    no_prompt.used = used(0, 20);
    no_output.used = used(50, 0);
    struct row {
        std::string_view name;
        usage_report report;
        bool answered, complete;
        std::int64_t counted, estimate;
        usage expected;
        cost_source source;
        bool at_hold, flagged;
    };
    constexpr auto provider = cost_source::provider_usage;
    constexpr auto counted = cost_source::counted;
    const row rows[] = {
        {"never came", none, false, false, 5, 40, used(0, 0), counted, false, false},
        {"complete", some, true, true, 99, 99, used(50, 20), provider, false, false},
        {"complete, explicit zero", zero, true, true, 99, 99, used(0, 0), provider, false, false},
        {"complete, prompt not told", no_prompt, true, true, 99, 40, used(40, 20), counted, false, true},
        {"complete, output not told", no_output, true, true, 12, 99, used(50, 12), counted, false, true},
        {"complete, output not told and none", no_output, true, true, 0, 99, used(50, 0), provider, false, false},
        {"complete, silent", none, true, true, 12, 40, used(40, 12), counted, false, true},
        {"malformed", bad, true, true, 12, 40, used(0, 0), cost_source::estimated, true, true},
        {"malformed and cut", bad, true, false, 12, 40, used(0, 0), cost_source::estimated, true, true},
        {"cut, more was counted", some, true, false, 30, 60, used(60, 30), counted, false, false},
        {"cut, more was reported", some, true, false, 10, 40, used(50, 20), counted, false, false},
        {"cut, zeros reported", zero, true, false, 10, 40, used(40, 10), counted, false, false},
        {"cut, silent", none, true, false, 10, 40, used(40, 10), counted, false, false},
        {"cut at once", none, true, false, 0, 0, used(1, 0), counted, false, false},
        {"our counts stay inside the hold", none, true, false, 5'000, 5'000, used(100, 200), counted, false, false},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.name);
        settlement_input in;
        in.bound.input_tokens = 100;
        in.bound.output_tokens = 200;
        in.report = r.report;
        in.answered = r.answered;
        in.complete = r.complete;
        in.counted_output = r.counted;
        in.input_estimate = r.estimate;
        const settlement got = settle_usage(in);
        EXPECT_EQ(got.used, r.expected);
        EXPECT_EQ(got.source, r.source);
        EXPECT_EQ(got.at_hold, r.at_hold);
        EXPECT_EQ(got.flagged, r.flagged);
    }
}

std::int64_t bound_of(endpoint where, std::string_view body, std::optional<std::int64_t> exact = {},
                      std::string name = "gpt-5-mini") {
    const padded text(body);
    const auto facts = read_request(where, text);
    EXPECT_TRUE(facts.has_value()) << body;
    model target;
    target.context_tokens = 400'000;
    model_route route;
    route.upstream_name = std::move(name);
    return input_bound(*facts, target, route, exact);
}

TEST(input_bound, bytes_and_overheads_are_in_it) {
    constexpr auto chat = endpoint::chat_completions;
    // 40 to begin with, 8 a message, every byte of text.
    EXPECT_EQ(bound_of(chat, R"({"model":"m","messages":[{"role":"user","content":"12345"}]})"), 40 + 8 + 4 + 5);
    EXPECT_EQ(bound_of(chat, R"({"model":"m","messages":[]})"), 40);
    const std::string tool = R"({"type":"function","function":{"name":"f"}})";
    EXPECT_EQ(bound_of(chat, R"({"model":"m","tools":[)" + tool + "]}"),
              40 + 600 + 80 + static_cast<std::int64_t>(tool.size()) + 2);
    EXPECT_EQ(bound_of(endpoint::completions, R"({"model":"m","prompt":[1,2,3]})"), 40 + 8 + 3);
    EXPECT_EQ(bound_of(endpoint::responses, R"({"model":"m","input":"abc"})"), 40 + 8 + 3);
}

TEST(input_bound, an_exact_count_helps_only_where_it_is_a_bound) {
    constexpr auto chat = endpoint::chat_completions;
    const std::string body =
        R"({"model":"m","messages":[{"role":"user","content":")" + std::string(1'000, ' ') + "\"}]}";
    const std::int64_t bytes = bound_of(chat, body);
    EXPECT_EQ(bound_of(chat, body, 20), bytes - 1'004 + 20);
    EXPECT_EQ(bound_of(chat, body, 20, "openai/gpt-4.1-mini"), bytes - 1'004 + 20);
    EXPECT_EQ(bound_of(chat, body, 5'000), bytes);
    for (const char* other :
         {"claude-opus-5", "gpt-4", "gpt-3.5-turbo", "mistral-large", "text-embedding-3-small", "o"})
        EXPECT_EQ(bound_of(chat, body, 20, other), bytes) << other;
}

TEST(input_bound, what_cannot_be_seen_is_bounded_by_the_context) {
    constexpr auto responses = endpoint::responses;
    EXPECT_EQ(bound_of(responses, R"({"model":"m","input":"a","previous_response_id":"r"})"), 400'000);
    EXPECT_EQ(
        bound_of(responses,
                 R"({"model":"m","input":[{"content":[{"type":"input_file","file_data":"data:x;base64,QQ=="}]}]})"),
        400'000);
    EXPECT_EQ(bound_of(responses, R"({"model":"m","input":"a","tools":[{"type":"web_search"}],"max_tool_calls":3})"),
              400'000);
    const padded text(R"({"model":"m","conversation":"c"})");
    EXPECT_EQ(input_bound(*read_request(responses, text), model{}, model_route{}), 2'000'000);
}

TEST(input_bound, images_count_by_their_size) {
    constexpr auto chat = endpoint::chat_completions;
    const auto with_image = [](std::string_view url) {
        return R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":")" +
               std::string(url) + "\"}}]}]}";
    };
    const std::int64_t none =
        bound_of(chat, R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url"}]}]})");
    struct row {
        std::string_view url;
        std::int64_t tokens;
    };
    const row rows[] = {
        {"https://example.com/x.png", 4'128},
        {"data:image/png;base64,AAAA", 4'128},
        {"data:image/png,raw", 4'128},
        // PNG, 64 x 32: one tile of 512 costs more than two patches
        {"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAAAgCAYAAAA", 258},
        // GIF, 1024 x 1024: tiles 765, patches 1024 x 2.46
        {R"(data:image\/gif;base64,R0lGODlhAAQABAAA)", 2'520},
        // JPEG with an APP0 segment, 16 x 8
        {"data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/wAARCAAIABADASIAAhEBAxEB", 258},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.url);
        EXPECT_EQ(bound_of(chat, with_image(r.url)) - none, r.tokens);
        EXPECT_EQ(bound_of(chat, with_image(r.url), {}, "gpt-4o-mini") - none, r.tokens * 34);
    }
    const std::string original =
        R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{)"
        R"("url":"https://x","detail":"original"}}]}]})";
    EXPECT_EQ(bound_of(chat, original) - none, 4'128 + 24'600);
}

TEST(input_bound, audio_counts_by_its_length) {
    const auto tokens_of = [](std::string_view data) {
        const padded text(R"({"model":"m","messages":[{"content":[{"input_audio":{"data":")" + std::string(data) +
                          "\"}}]}]}");
        return read_request(endpoint::chat_completions, text)->audio_tokens;
    };
    EXPECT_EQ(tokens_of(std::string(1'000, 'A')), 32); // 750 bytes: a second at the lowest rate
    EXPECT_EQ(tokens_of(std::string(1'004, 'A')), 64);
    // A WAV head: 16,000 Hz, mono, 16 bit: 32,000 bytes a second
    const std::string head = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA=";
    EXPECT_EQ(tokens_of(head.substr(0, 58) + std::string(80'000, 'A')), 64);
}

}
