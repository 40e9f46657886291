#pragma once

// The repository as the rules see it.

#include <tidy/source.hpp>

namespace tollgate::tidy {

// Every text file below `root`, without build output, dependencies and version control. Ascending by path.
std::vector<source_file> read_tree(const std::string& root);

// Folders of src/ that `map` (src/README.md) does not name, and names in it that are no folder.
std::vector<finding> check_map(const std::vector<source_file>& tree, const source_file& map);

// Findings that no row of exceptions.hpp excuses.
std::vector<finding> without_exceptions(const std::vector<finding>& all);

// Rows of exceptions.hpp that excuse nothing any more.
std::vector<finding> idle_exceptions(const std::vector<finding>& all);

std::string report(const std::vector<finding>& found);

}
