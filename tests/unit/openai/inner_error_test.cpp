// Errors under a success status, told from answers that only speak of errors.
#include "padded.hpp"

#include <tollgate/openai/inner_error.hpp>

#include <gtest/gtest.h>

namespace tollgate::openai {

namespace {

std::optional<std::string> found(std::string_view bytes, endpoint where = endpoint::chat_completions) {
    const padded held(bytes);
    return inner_error(where, held.view(), {});
}

const std::string error = R"({"error":{"message":"overloaded","type":"server_error"}})";
const std::string role = R"(data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})";
const std::string word = R"(data: {"choices":[{"index":0,"delta":{"content":"hi"}}]})";

}

TEST(inner_error, is_a_body_that_is_one) {
    EXPECT_EQ(found(error), error);
    EXPECT_EQ(found(" \n" + error), " \n" + error);
    EXPECT_FALSE(found(R"({"choices":[],"error":null})"));
    EXPECT_FALSE(found(R"({"error":{"message":"m"},"usage":{"prompt_tokens":1,"completion_tokens":1}})"))
        << "is billed";
    EXPECT_FALSE(found(R"({"choices":[{"message":{"content":"\"error\""}}]})"));
    EXPECT_FALSE(found(R"({"choices":[{"error":{"message":"inside"}}]})"));
}

TEST(inner_error, is_a_stream_that_comes_to_one_before_any_output) {
    EXPECT_EQ(found("data: " + error + "\n\n"), error);
    EXPECT_EQ(found(": ping\n\nevent: error\ndata: " + error + "\n\ndata: [DONE]\n\n"), error);
    EXPECT_EQ(found(role + "\n\ndata: " + error + "\n\n"), error);
    EXPECT_FALSE(found(word + "\n\ndata: " + error + "\n\n"));
    EXPECT_FALSE(found(role + "\n\n"));
    EXPECT_FALSE(found("data: " + error)) << "not yet whole";
    EXPECT_FALSE(found(": only \"error\" in a comment\n\n"));
}

TEST(inner_error, a_beginning_is_looked_at_from_its_first_event_on) {
    for (const char* const nothing_yet :
         {"", "\n\n", ": ping\n\n", "data: {\"a\"", "data: 1\n", "retry: 3\n\n", "event: x\n\n"})
        EXPECT_FALSE(has_event(nothing_yet)) << nothing_yet;
    for (const char* const whole :
         {"data: 1\n\n", "data:1\r\n\r\n", ": ping\n\nevent: x\ndata: 1\n\n", "data: 1\n\ndata: 2"})
        EXPECT_TRUE(has_event(whole)) << whole;
}

TEST(inner_error, a_stream_that_ended_says_nothing_without_a_whole_event) {
    for (const char* const nothing : {"", "\n", ": ping\n\n", "data: {\"a\"", "event: x\n\n"})
        EXPECT_TRUE(says_nothing(endpoint::chat_completions, nothing, {})) << nothing;
    for (const char* const something : {"data: {}\n\n", "data: {}", "data: [DONE]", ": a\n\ndata: {\"a\":1}\n"})
        EXPECT_FALSE(says_nothing(endpoint::chat_completions, something, {})) << something;
}

TEST(inner_error, of_responses_has_an_event_of_its_own) {
    const std::string data = R"({"type":"error","code":"server_error","message":"m","sequence_number":2})";
    const std::string created = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{}}\n\n";
    EXPECT_EQ(found(created + "event: error\ndata: " + data + "\n\n", endpoint::responses), data);
    EXPECT_FALSE(found(created, endpoint::responses));
}

}
