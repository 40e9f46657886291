#pragma once

// Calls and words that have no place here, each with the reason beside it.

#include <tidy/source.hpp>

namespace tollgate::tidy {

std::vector<finding> check_banned_code(const source_file& file);    // C++ files: code without comments
std::vector<finding> check_forbidden_text(const source_file& file); // every text file, comments included

}
