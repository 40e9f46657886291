#include "../../../src/openai/chunk_shape.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

using namespace tollgate::openai;

namespace {

constexpr std::string_view before = R"({"id":"c","choices":[{"delta":{"content":")",
                           after = R"("},"finish_reason":null}]})";

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
    EXPECT_FALSE(chunk_shape().fits(chunk_with("a"), found));
    EXPECT_FALSE(chunk_shape().fits("", found));
}

TEST(chunk_shape, finds_the_text_of_a_chunk_that_differs_in_it_alone) {
    const chunk_shape shape = learnt(chunk_with("Hello"));
    for (const std::string_view text : {"", "x", " world", R"(a \" b)", R"(\\)", R"(\\\")", R"("[1,{2:\"3\"}])"}) {
        const std::string chunk = chunk_with(text);
        chunk_shape::texts found;
        const bool ends_early = text.starts_with('"');
        ASSERT_EQ(shape.fits(chunk, found), !ends_early) << text;
        if (ends_early) continue;
        ASSERT_EQ(found.count, 1u);
        EXPECT_EQ(found.of[0], text);
    }
}

TEST(chunk_shape, does_not_fit_a_chunk_that_differs_elsewhere) {
    const chunk_shape shape = learnt(chunk_with("Hello"));
    chunk_shape::texts found;
    EXPECT_FALSE(shape.fits(chunk_with("Hello") + " ", found));
    EXPECT_FALSE(shape.fits(" " + chunk_with("Hello"), found));
    EXPECT_FALSE(shape.fits(R"({"id":"c","choices":[{"delta":{"content":"Hello"},"finish_reason":"stop"}]})", found));
    EXPECT_FALSE(shape.fits(R"({"id":"d","choices":[{"delta":{"content":"Hello"},"finish_reason":null}]})", found));
    EXPECT_FALSE(shape.fits(chunk_with("Hello").substr(0, before.size() + 3), found));
    EXPECT_FALSE(shape.fits("", found));
}

TEST(chunk_shape, several_texts_are_found_in_order) {
    const std::string chunk = R"(["one","two",{"k":"three"}])";
    chunk_shape::texts found;
    for (const std::string_view text : {"one", "two", "three"})
        found.add(std::string_view(chunk).substr(chunk.find(text), text.size()));
    chunk_shape shape;
    shape.learn(chunk, found);
    chunk_shape::texts again;
    ASSERT_TRUE(shape.fits(R"(["1","",{"k":"3 \" 3"}])", again));
    ASSERT_EQ(again.count, 3u);
    EXPECT_EQ(again.of[0], "1");
    EXPECT_EQ(again.of[1], "");
    EXPECT_EQ(again.of[2], R"(3 \" 3)");
}

TEST(chunk_shape, a_chunk_without_texts_fits_only_itself) {
    chunk_shape shape;
    shape.learn("{}", {});
    chunk_shape::texts found;
    EXPECT_TRUE(shape.fits("{}", found));
    EXPECT_FALSE(shape.fits("{ }", found));
    shape.forget();
    EXPECT_FALSE(shape.fits("{}", found));
}

TEST(chunk_shape, a_large_chunk_is_not_remembered) {
    chunk_shape::texts found;
    const std::string fits = chunk_with(std::string(chunk_shape::bytes_max - before.size() - after.size(), 'x'));
    EXPECT_TRUE(learnt(fits).fits(fits, found));
    const std::string larger = chunk_with(std::string(chunk_shape::bytes_max - before.size() - after.size() + 1, 'x'));
    EXPECT_FALSE(learnt(larger).fits(larger, found));
}

}
