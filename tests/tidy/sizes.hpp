#pragma once

#include <tidy/source.hpp>

namespace tollgate::tidy {

inline constexpr std::size_t file_lines_max = 400;
inline constexpr std::size_t function_lines_max = 70;
inline constexpr std::size_t line_columns_max = 120;

std::vector<finding> check_sizes(const source_file& file);

}
