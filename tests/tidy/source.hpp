#pragma once

// A source file as the rules read it: its lines as written, and the same with comments and literals blanked.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::tidy {

struct source_file {
    std::string path;               // from the root, with '/'
    std::vector<std::string> lines; // as written
    std::vector<std::string> code;  // comments and the insides of literals replaced by spaces, same positions
};

// One breach of a rule. `line` counts from 1; 0: the file as a whole.
struct finding {
    std::string rule, path;
    std::size_t line = 0;
    std::string what;
};

source_file read_source(std::string path, std::string_view text);

// True where `word` stands in `line` and neither neighbour is a letter, a digit or '_'.
bool has_word(std::string_view line, std::string_view word);

bool is_cpp(std::string_view path);

}
