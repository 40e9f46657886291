// Chunks that differ in their text alone: what the meter makes of them by their shape.
#include "stream_relay.hpp"

#include <gtest/gtest.h>

using namespace stream_tests;

namespace {

constexpr std::string_view usage_chunk =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\n";
constexpr std::string_view done = "data: [DONE]\n\n";

// A chunk like the one before it is not looked through again; nothing may come of that.
TEST(stream_meter, chunks_that_differ_in_their_text_alone_give_what_they_gave_one_by_one) {
    const auto chunk = [](std::string_view text) {
        return "data: {\"choices\":[{\"delta\":{\"content\":\"" + std::string(text) +
               "\"},\"finish_reason\":null}],\"usage\":null}\n\n";
    };
    const auto stripped = [](std::string_view text) {
        return "data: {\"choices\":[{\"delta\":{\"content\":\"" + std::string(text) +
               "\"},\"finish_reason\":null}]}\n\n";
    };
    // Texts that look like what the meter looks for, and are none of it.
    const std::vector<std::string> texts{"Hello",
                                         "",
                                         " world",
                                         R"(\"usage\":{\"prompt_tokens\":1})",
                                         R"(\"error\":{})",
                                         R"([DONE])",
                                         R"(\\)",
                                         R"(\u00e9 \n)",
                                         "}],",
                                         "w\xC3\xB6rld"};
    std::string input, whole_text, wanted;
    for (int round = 0; round < 3; ++round)
        for (const std::string& text : texts) {
            input += chunk(text);
            wanted += stripped(text);
        }
    input += std::string(usage_chunk) + std::string(done);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{333}, input.size()}) {
        std::vector<std::string> pieces;
        for (std::size_t at = 0; at < input.size(); at += piece) pieces.push_back(input.substr(at, piece));
        const outcome got = relay(hidden(), pieces);
        EXPECT_EQ(got.sent, wanted) << piece;
        EXPECT_TRUE(got.report.present);
        EXPECT_FALSE(got.failed);
        EXPECT_EQ(got.events, static_cast<std::int64_t>(3 * texts.size() + 1));
        EXPECT_EQ(got.report.used.prompt_tokens, 9);
        const outcome shown = relay(asked(), pieces);
        EXPECT_EQ(shown.all(), input);
        EXPECT_EQ(shown.counted, got.counted);
        EXPECT_GT(got.counted, 30);
    }
}

TEST(stream_meter, an_event_that_tells_more_than_the_ones_like_it_is_read) {
    const std::string text = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    const std::string input = text + text + text + "data: {\"choices\":[],\"error\":{\"message\":\"no\"}}\n\n" + text;
    EXPECT_TRUE(relay(asked(), {input}).failed);
    const std::string told = text + text + text + std::string(usage_chunk) + text + std::string(done);
    const outcome got = relay(asked(), {told});
    EXPECT_TRUE(got.report.present);
    EXPECT_EQ(got.all(), told); // it was not the last, and passes where it stood
}

}
