#pragma once

// o200k_base byte-pair encoding: counts only. Ranks are embedded (data/o200k_base.bin, MIT, see NOTICE).
// Linear in practice: pieces above a threshold merge through a heap, so no input is quadratic.

#include <cstdint>
#include <string_view>

namespace tollgate::openai {

std::int64_t count_tokens(std::string_view utf8);

}
