#pragma once

// Text looked at eight bytes at a time, for those who mostly find that there is nothing to do.

#include <tollgate/core/append.hpp>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tollgate {

// True when `test(word)` is, for some eight bytes of `text`. Every byte is shown at least once, some more often; where
// there are fewer than eight, the rest of the word is letters.
template <class Test>
bool any_eight(std::string_view text, Test test) {
    const char* const at = text.data();
    const std::size_t size = text.size();
    const auto word = [](const char* from) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, from, 8);
        return eight;
    };
    if (size >= 8) {
        for (std::size_t i = 0; i + 8 < size; i += 8)
            if (test(word(at + i))) return true;
        return test(word(at + size - 8));
    }
    char some[8] = {'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a'};
    if (size >= 4) {
        std::memcpy(some, at, 4);
        std::memcpy(some + 4, at + size - 4, 4);
    } else if (size > 0) {
        some[0] = at[0];
        some[1] = at[size / 2];
        some[2] = at[size - 1];
    }
    return test(word(some));
}

// A byte that can not stand in a quoted string as it is: a control character, a quote, a backslash, or none of ASCII.
// Words with 0x7e, which can, may be reported too: it saves a step.
constexpr bool may_need_quoting(std::uint64_t eight) {
    constexpr std::uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    const auto zeros = [](std::uint64_t word) { return (word - ones) & ~word; };
    const std::uint64_t below_blank = (eight - ones * 0x20) & ~eight, from_delete = eight | (eight + ones * 0x02);
    return ((below_blank | from_delete | zeros(eight ^ (ones * '"')) | zeros(eight ^ (ones * '\\'))) & highs) != 0;
}

inline bool has_control(std::string_view text) {
    return any_eight(text, [](std::uint64_t eight) { return may_have_control(eight); });
}
inline bool may_need_quoting(std::string_view text) {
    return any_eight(text, [](std::uint64_t eight) { return may_need_quoting(eight); });
}

}
