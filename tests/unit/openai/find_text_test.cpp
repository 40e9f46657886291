#include "../../../src/openai/find_text.hpp"
#include "../../../src/openai/output_text.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

using namespace tollgate::openai;

namespace {

TEST(find_text, finds_what_a_string_may_not_simply_hold_at_every_place) {
    for (const char special : {'"', '\\', '\n', '\0', '\x1f'})
        for (std::size_t place = 0; place < 40; ++place) {
            std::string text(40, 'x');
            text[place] = special;
            for (std::size_t from = 0; from <= text.size(); ++from)
                EXPECT_EQ(find_special(text, from), from <= place ? place : text.size()) << place << " from " << from;
        }
    std::string plain;
    for (int c = 0x20; c < 0x100; ++c)
        if (c != '"' && c != '\\') plain.push_back(static_cast<char>(c));
    EXPECT_EQ(find_special(plain, 0), plain.size());
    EXPECT_EQ(find_special(plain, plain.size() + 3), plain.size());
}

// The closing quote: the first one with an even number of backslashes before it.
std::size_t end_looked_for_slowly(const std::string& json, std::size_t from) {
    for (std::size_t at = from; at < json.size(); ++at) {
        if (json[at] == '"') return at;
        if (json[at] == '\\') ++at;
    }
    return std::string::npos;
}

TEST(find_text, a_string_ends_at_its_first_quote_that_is_not_escaped) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    constexpr std::string_view letters = "ab\\\\\"\n x";
    for (int round = 0; round < 5000; ++round) {
        std::string json(random() % 48, ' ');
        for (char& c : json) c = random() % 3 == 0 ? letters[random() % letters.size()] : 'y';
        const std::size_t from = random() % (json.size() + 1);
        EXPECT_EQ(end_of_string(json, from), end_looked_for_slowly(json, from)) << json << " from " << from;
    }
}

}
