#pragma once

#include <cstdint>
#include <string_view>

namespace tollgate::openai {

enum class character : std::uint8_t {
    other,
    upper,  // Lu, Lt
    lower,  // Ll
    letter, // Lm, Lo: neither, so it goes with both
    mark,   // M: goes with both, but is no letter
    number, // N
    space,
    line_break, // CR, LF: space too
};

struct decoded {
    character what = character::other;
    std::uint8_t size = 1; // bytes; 1 for a byte that is not UTF-8
};

// The character at `at`, which must be inside `text`.
decoded character_at(std::string_view text, std::size_t at);

}
