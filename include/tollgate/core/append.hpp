#pragma once

// Text put together without temporaries: one check for room, then plain stores.

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tollgate {

// Appends what `fill(char* at)` writes from `at` on, `most` bytes at most; it returns where it ended.
template <class Fill>
void append_with(std::string& out, std::size_t most, Fill fill) {
    const std::size_t before = out.size();
    out.resize_and_overwrite(
        before + most, [&](char* text, std::size_t) { return static_cast<std::size_t>(fill(text + before) - text); });
}

inline char* put(char* at, std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    return at + text.size();
}

inline constexpr std::size_t number_bytes_max = 20; // a sign and 19 digits
inline char* put_number(char* at, std::int64_t value) { return std::to_chars(at, at + number_bytes_max, value).ptr; }

inline void append_number(std::string& out, std::int64_t value) {
    append_with(out, number_bytes_max, [&](char* at) { return put_number(at, value); });
}

// Eight bytes at a time: is there a control character (below 0x20, or 0x7f) among them?
constexpr bool may_have_control(std::uint64_t eight) {
    constexpr std::uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    const std::uint64_t below_blank = (eight - ones * 0x20) & ~eight & highs;
    const std::uint64_t not_delete = eight ^ (ones * 0x7f);
    return (below_blank | ((not_delete - ones) & ~not_delete & highs)) != 0;
}

}
