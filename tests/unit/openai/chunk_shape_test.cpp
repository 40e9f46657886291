#include "../../../src/openai/chunk_shape.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

using namespace tollgate::openai;

namespace {

constexpr std::string_view before = R"(data: {"id":"c","choices":[{"delta":{"content":")",
                           after = "\"},\"finish_reason\":null}]}\n\n";

std::string chunk_with(std::string_view text) { return std::string(before).append(text).append(after); }

chunk_shape::texts text_of(std::string_view chunk) {
    chunk_shape::texts found;
    found.add(chunk.substr(before.size(), chunk.size() - before.size() - after.size()));
    return found;
}

chunk_shape learnt(const std::string& chunk) {
    chunk_shape out;
    out.learn(chunk, text_of(chunk));
    return out;
}

TEST(chunk_shape, knows_nothing_at_first) {
    chunk_shape::texts found;
    EXPECT_EQ(chunk_shape().fits(chunk_with("a"), found), 0u);
    EXPECT_EQ(chunk_shape().fits("", found), 0u);
}

TEST(chunk_shape, finds_the_text_of_a_chunk_that_differs_in_it_alone) {
    const chunk_shape shape = learnt(chunk_with("Hello"));
    for (const std::string_view text : {"", "x", " world", R"(a \" b)", R"(\\)", R"(\\\")", R"("[1,{2:\"3\"}])"}) {
        const std::string chunk = chunk_with(text);
        chunk_shape::texts found;
        const bool ends_early = text.starts_with('"');
        ASSERT_EQ(shape.fits(chunk, found), ends_early ? 0u : chunk.size()) << text;
        if (ends_early) continue;
        ASSERT_EQ(found.count, 1u);
        EXPECT_EQ(found.of[0], text);
    }
}

TEST(chunk_shape, tells_how_many_bytes_are_the_events_own) {
    const chunk_shape shape = learnt(chunk_with("Hello"));
    chunk_shape::texts found;
    const std::string chunk = chunk_with("a text of more than sixteen bytes");
    for (const std::string_view next : {"", "\n", "data: x", "\"}"})
        EXPECT_EQ(shape.fits(chunk + std::string(next), found), chunk.size()) << next;
    for (std::size_t size = 0; size < chunk.size(); ++size)
        EXPECT_EQ(shape.fits(chunk.substr(0, size), found), 0u) << size;
}

TEST(chunk_shape, does_not_fit_a_chunk_that_differs_elsewhere) {
    const chunk_shape shape = learnt(chunk_with("Hello"));
    chunk_shape::texts found;
    EXPECT_EQ(shape.fits(" " + chunk_with("Hello"), found), 0u);
    EXPECT_EQ(
        shape.fits(
            "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}\n\n",
            found),
        0u);
    EXPECT_EQ(
        shape.fits("data: {\"id\":\"d\",\"choices\":[{\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n",
                   found),
        0u);
    EXPECT_EQ(shape.fits("", found), 0u);
}

// A line end in a text would end the line, whatever JSON says of it.
TEST(chunk_shape, a_text_with_a_control_character_does_not_fit) {
    const chunk_shape shape = learnt(chunk_with("Hello"));
    for (const char control : {'\n', '\r', '\0', '\x1f'})
        for (const std::size_t place : {0UL, 5UL, 15UL, 16UL, 40UL})
            for (const std::string_view escape : {"", "\\"}) {
                const std::string text = std::string(place, 'x').append(escape).append(1, control) + "tail";
                chunk_shape::texts found;
                EXPECT_EQ(shape.fits(chunk_with(text), found), 0u) << place;
            }
    chunk_shape::texts found;
    EXPECT_NE(shape.fits(chunk_with("blank \x7f \xC3\xA9 \\n"), found), 0u);
}

TEST(chunk_shape, an_event_that_a_line_feed_may_follow_is_not_remembered) {
    for (const std::string_view end : {"\r\r", "\r\n\r", ""}) {
        const std::string event = "data: {}" + std::string(end);
        chunk_shape shape;
        shape.learn(event, {});
        chunk_shape::texts found;
        EXPECT_EQ(shape.fits(event, found), 0u);
    }
}

TEST(chunk_shape, several_texts_are_found_in_order) {
    const std::string chunk = "[\"one\",\"two\",{\"k\":\"three\"}]\n";
    chunk_shape::texts found;
    for (const std::string_view text : {"one", "two", "three"})
        found.add(std::string_view(chunk).substr(chunk.find(text), text.size()));
    chunk_shape shape;
    shape.learn(chunk, found);
    chunk_shape::texts again;
    const std::string other = "[\"1\",\"\",{\"k\":\"3 \\\" 3\"}]\n";
    ASSERT_EQ(shape.fits(other, again), other.size());
    ASSERT_EQ(again.count, 3u);
    EXPECT_EQ(again.of[0], "1");
    EXPECT_EQ(again.of[1], "");
    EXPECT_EQ(again.of[2], R"(3 \" 3)");
}

TEST(chunk_shape, a_chunk_without_texts_fits_only_itself) {
    chunk_shape shape;
    shape.learn("{}\n", {});
    chunk_shape::texts found;
    EXPECT_EQ(shape.fits("{}\n", found), 3u);
    EXPECT_EQ(shape.fits("{ }\n", found), 0u);
    shape.forget();
    EXPECT_EQ(shape.fits("{}\n", found), 0u);
}

TEST(chunk_shape, a_large_chunk_is_not_remembered) {
    chunk_shape::texts found;
    const std::string fits = chunk_with(std::string(chunk_shape::bytes_max - before.size() - after.size(), 'x'));
    EXPECT_EQ(learnt(fits).fits(fits, found), chunk_shape::bytes_max);
    const std::string larger = chunk_with(std::string(chunk_shape::bytes_max - before.size() - after.size() + 1, 'x'));
    EXPECT_EQ(learnt(larger).fits(larger, found), 0u);
}

}
