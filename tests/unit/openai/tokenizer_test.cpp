#include "padded.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/openai/request.hpp>
#include <tollgate/openai/tokenizer.hpp>

#include <gtest/gtest.h>

#include <random>

using namespace tollgate;
using namespace tollgate::openai;

namespace {

std::string repeated(std::string_view unit, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += unit;
    return out;
}

TEST(count_tokens, agrees_with_the_reference_tokenizer) {
    struct row {
        std::string text;
        std::int64_t tokens;
    };
    // Counts by tiktoken 1.0.22 (npm), encoding o200k_base.
    // clang-format off
    const row rows[] = {
        {"", 0},
        {"a", 1},
        {" ", 1},
        {"Hello, world!", 4},
        {"Hello  world   again", 5},
        {"The quick brown fox jumps over the lazy dog.", 10},
        {"don't won't I'LL we'Ve it'S 'twas", 12},
        {"HTTPServer camelCase XMLHttpRequest ABCdef", 8},
        {"12345678901", 4},
        {"3.14159 1,000,000 0x1F", 15},
        {"a\012b\015\012c\012\012\012  d", 8},
        {"   leading and trailing   ", 5},
        {"\011\011indented\012\011\011\011more", 8},
        {"// comment\012/* x */ a += b; // !!\012", 12},
        {"https://example.com/path\077x=1&y=2#frag", 15},
        {"{\042key\042: [1, 2.5, null, true], \042s\042: \042v\042}", 21},
        {"\320\237\321\200\320\270\320\262\320\265\321\202, \320\274\320\270\321\200! \320\232\320\260\320\272 "
            "\320\264\320\265\320\273\320\260\077", 8},
        {"\344\275\240\345\245\275\357\274\214\344\270\226\347\225\214\343\200\202\344\273\212\345\244\251"
         "\345\244\251\346\260\224\345\276\210\345\245\275", 8},
        {"\343\201\223\343\202\223\343\201\253\343\201\241\343\201\257\344\270\226\347\225\214\343\202\253"
         "\343\202\277\343\202\253\343\203\212", 6},
        {"\354\225\210\353\205\225\355\225\230\354\204\270\354\232\224 \354\204\270\352\263\204", 3},
        {"\331\205\330\261\330\255\330\250\330\247 \330\250\330\247\331\204\330\271\330\247\331\204\331\205", 4},
        {"\340\244\250\340\244\256\340\244\270\340\245\215\340\244\244\340\245\207 "
            "\340\244\246\340\245\201\340\244\250\340\244\277\340\244\257\340\244\276", 5},
        {"\340\270\252\340\270\247\340\270\261\340\270\252\340\270\224\340\270\265\340\270\212\340\270\262"
         "\340\270\247\340\271\202\340\270\245\340\270\201", 7},
        {"\360\237\230\200\360\237\221\250\342\200\215\360\237\221\251\342\200\215\360\237\221\247\360\237"
         "\217\275\342\200\215\360\237\232\200\342\235\244\357\270\217", 15},
        {"na\303\257ve caf\303\251 \303\274ber \303\206r\303\270sk\303\270bing", 11},
        {"\303\241\303\251\314\262 x\314\200yz", 7},
        {"\307\205a\307\206 \302\252 \302\272 \312\260\312\262 \342\205\243\342\205\247 \302\275 "
            "\331\243\331\244\331\245\331\246", 25},
        {"a b\343\200\200c\342\200\203d\302\205e\342\200\213f", 11},
        {"-----====*****", 3},
        {"_snake_case__double", 5},
        {std::string("\000\001\033[0m", 6), 6},
        {"\360\220\220\200\360\220\220\250\360\235\222\234\360\235\223\253 \360\240\200\200\360\240\200\201", 21},
        {"\360\237\207\251\360\237\207\252", 4},
        {"\357\273\277bom", 2},
        {"\305\277tream '\305\277 Kelvin", 6},
        {"a/b//c///\012//", 6},
        {"...\012\012\012...", 2},
        {repeated("x", 129), 17},
        {repeated("a", 3000), 375},
        {repeated(" ", 1000), 9},
        {repeated("ab", 400), 200},
        {repeated("\303\251", 200), 200},
        {repeated("0", 1000), 334},
        {repeated("\360\237\230\200", 100), 100},
        {repeated("\012", 300), 20},
        {repeated("=-", 300), 38},
    };
    // clang-format on
    for (const row& r : rows) {
        SCOPED_TRACE(r.text.substr(0, 60));
        EXPECT_EQ(count_tokens(r.text), r.tokens);
    }
}

TEST(count_tokens, is_never_more_than_the_bytes_whatever_the_bytes) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 500; ++round) {
        std::string text;
        for (std::size_t i = random() % 300; i > 0; --i) text.push_back(static_cast<char>(random()));
        const std::int64_t count = count_tokens(text);
        ASSERT_LE(count, static_cast<std::int64_t>(text.size()));
        ASSERT_EQ(count > 0, !text.empty());
    }
}

TEST(count_tokens, long_runs_are_merged_in_reasonable_time) {
    // Quadratic merging would take minutes on these.
    EXPECT_LT(count_tokens(repeated("qzx", 100'000)), 300'000);
    EXPECT_LT(count_tokens(std::string(limits::tokenizer_bytes_max, ' ')), 100'000);
}

TEST(count_tokens, text_above_the_cap_counts_as_its_bytes) {
    const std::string edge(limits::tokenizer_bytes_max, '\n');
    EXPECT_LT(count_tokens(edge), static_cast<std::int64_t>(edge.size()));
    EXPECT_EQ(count_tokens(edge + "\n"), static_cast<std::int64_t>(edge.size() + 1));
}

TEST(count_input_tokens, counts_the_text_that_the_bound_counts_in_bytes) {
    const auto count = [](std::string_view content) {
        const padded text(R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":)" +
                          std::string(content) + "}]}");
        return count_input_tokens(endpoint::chat_completions, text);
    };
    const std::int64_t role = 1; // "user"
    EXPECT_EQ(count(R"("Hello, world!")"), role + 4);
    EXPECT_EQ(count(R"("\u0048ello, w\u006frld!")"), role + 4);
    EXPECT_EQ(count(R"([{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}])"),
              role + count_tokens("image_url"));
    // Past the budget for counting, bytes count.
    const std::string spaces(limits::exact_count_bytes_max, ' ');
    EXPECT_GT(count("\"" + spaces + "\""), static_cast<std::int64_t>(spaces.size()));
    EXPECT_LT(count("\"" + spaces.substr(4) + "\""), 10'000);
}

TEST(count_input_tokens, of_a_body_that_cannot_be_read_is_its_bytes) {
    const padded text("{\"model\":");
    EXPECT_EQ(count_input_tokens(endpoint::chat_completions, text), 9);
}

}
