#pragma once

// Cuts text into the pieces that o200k merges apart from one another. By hand, because the pattern needs backtracking
// only in three known places, and a regular expression engine would backtrack anywhere.

#include <cstddef>
#include <string_view>

namespace tollgate::openai {

// The end of the piece that starts at `at`, which must be inside `text`.
std::size_t end_of_piece(std::string_view text, std::size_t at);

}
