#include <tollgate/core/eight_bytes.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace tollgate;

// Every byte value at every place of texts of every length about a word or two.
template <class Found, class Wanted>
void compare_everywhere(Found found, Wanted wanted) {
    for (std::size_t size = 1; size <= 20; ++size)
        for (std::size_t place = 0; place < size; ++place)
            for (int c = 0; c < 0x100; ++c) {
                if (c == '~') continue; // may be reported, need not be
                std::string text(size, 'x');
                text[place] = static_cast<char>(c);
                EXPECT_EQ(found(text), wanted(c)) << c << " at " << place << " of " << size;
            }
    EXPECT_FALSE(found(std::string()));
}

TEST(eight_bytes, a_control_character_is_found_wherever_it_stands) {
    compare_everywhere([](std::string_view text) { return has_control(text); },
                       [](int c) { return c < 0x20 || c == 0x7f; });
}

TEST(eight_bytes, what_can_not_be_quoted_as_it_is_is_found_wherever_it_stands) {
    compare_everywhere([](std::string_view text) { return may_need_quoting(text); },
                       [](int c) { return c < 0x20 || c >= 0x7f || c == '"' || c == '\\'; });
}

// A subtraction carries into the next byte: nothing plain beside a hit may hide it, nor look like one without.
TEST(eight_bytes, neighbours_of_any_value_change_nothing) {
    for (int a = 0; a < 0x100; ++a)
        for (int b = 0; b < 0x100; ++b) {
            if (a == '~' || b == '~') continue;
            const std::string text{'x', static_cast<char>(a), static_cast<char>(b), 'x', 'x', 'x', 'x', 'x', 'x'};
            const auto control = [](int c) { return c < 0x20 || c == 0x7f; };
            const auto special = [](int c) { return c < 0x20 || c >= 0x7f || c == '"' || c == '\\'; };
            EXPECT_EQ(has_control(text), control(a) || control(b)) << a << ' ' << b;
            EXPECT_EQ(may_need_quoting(text), special(a) || special(b)) << a << ' ' << b;
        }
}

}
