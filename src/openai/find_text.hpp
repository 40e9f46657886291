#pragma once

#include <cstddef>
#include <string_view>

namespace tollgate::openai {

// Where `needle` (3 bytes or more) stands in `text` from `from` on, or npos. std::string_view::find stops at every
// candidate for the first byte, and JSON is full of quotes; this looks at two bytes of the needle, sixteen places at
// once.
std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from = 0);

// The first place from `from` on where a JSON string may not simply go on: a quote, a backslash or a control character;
// the end of `text` when there is none.
std::size_t find_special(std::string_view text, std::size_t from);

inline bool holds(std::string_view text, std::string_view needle) {
    return find_text(text, needle) != std::string_view::npos;
}

}
