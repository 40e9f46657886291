#include "stream_relay.hpp"

#include <tollgate/core/limits.hpp>

#include <gtest/gtest.h>

using namespace stream_tests;

namespace {

constexpr std::string_view responses_plain =
    "event: response.created\ndata: "
    "{\"type\":\"response.created\",\"response\":{\"model\":\"gpt-6\",\"error\":null,\"usage\":null}}\n\n"
    "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hello\"}\n\n";
constexpr std::string_view responses_end =
    "event: response.completed\ndata: "
    "{\"type\":\"response.completed\",\"response\":{\"model\":\"gpt-6-x\",\"service_tier\":\"priority\","
    "\"output\":[{\"type\":\"web_search_call\",\"action\":{\"type\":\"search\"}},{\"type\":\"web_search_call\","
    "\"action\":{\"type\":\"open_page\"}},"
    "{\"type\":\"code_interpreter_call\"}],"
    "\"usage\":{\"input_tokens\":11,\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":5,\"output_tokens_"
    "details\":{\"reasoning_tokens\":2}}}}\n\n";

TEST(stream_meter_responses, the_responses_api_ends_with_its_terminal_event) {
    const std::string input = std::string(responses_plain) + std::string(responses_end);
    for (const auto& pieces : {std::vector{input}, each_byte(input)}) {
        const outcome got = relay(hidden(endpoint::responses), pieces, "0.25");
        EXPECT_EQ(got.sent, responses_plain);
        EXPECT_EQ(got.last,
                  std::string(responses_end.substr(0, responses_end.size() - 5)) + ",\"cost_usd\":\"0.25\"}}}\n\n");
        EXPECT_TRUE(got.ended);
        EXPECT_TRUE(got.final);
        EXPECT_EQ(got.report.model, "gpt-6-x");
        EXPECT_EQ(got.report.tier, service_tier::priority);
        EXPECT_EQ(got.report.used.prompt_tokens, 11);
        EXPECT_EQ(got.report.used.cached_tokens, 4);
        EXPECT_EQ(got.report.used.completion_tokens, 5);
        EXPECT_EQ(got.report.used.reasoning_tokens, 2);
        EXPECT_EQ(got.report.used.web_search_calls, 2);
    }
}

TEST(stream_meter_responses, responses_without_event_names_end_too) {
    const std::string end =
        "data: "
        "{\"type\":\"response.incomplete\",\"response\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n\n";
    const outcome got = relay(asked(endpoint::responses), {end + "data: [DONE]\n\n"});
    EXPECT_EQ(got.all(), end);
    EXPECT_TRUE(got.ended);
    EXPECT_TRUE(got.final);
}

TEST(stream_meter_responses, a_terminal_event_is_read_whole_however_large) {
    const std::string text(3 * limits::sse_event_bytes_max, 'z');
    const std::string end =
        "event: response.completed\ndata: "
        "{\"type\":\"response.completed\",\"response\":{\"output\":[{\"type\":\"message\",\"content\":[{\"text\":\"" +
        text + "\"}]}],\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n\n";
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < end.size(); at += 10'000) pieces.push_back(end.substr(at, 10'000));
    const outcome got = relay(asked(endpoint::responses), pieces);
    EXPECT_EQ(got.sent, "");
    EXPECT_EQ(got.last, end);
    EXPECT_TRUE(got.final);
}

TEST(stream_meter_responses, responses_errors_fail_the_stream) {
    for (const std::string_view error :
         {"event: error\ndata: {\"type\":\"error\",\"code\":\"x\",\"message\":\"y\"}\n\n",
          "data: {\"type\":\"error\",\"code\":\"x\",\"error\":{}}\n\n"}) {
        const outcome got = relay(asked(endpoint::responses), {std::string(responses_plain) + std::string(error)});
        EXPECT_TRUE(got.failed);
        EXPECT_FALSE(got.ended);
        EXPECT_EQ(got.all(), std::string(responses_plain) + std::string(error));
    }
    EXPECT_FALSE(relay(asked(endpoint::responses), {std::string(responses_plain)}).failed);
}

}
