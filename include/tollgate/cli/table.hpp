#pragma once

// Aligned columns for people.

#include <string>
#include <string_view>
#include <vector>

namespace tollgate::cli {

struct column {
    std::string title;
    bool right = false; // numbers and money
};

class table {
public:
    explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}

    // One cell a column. Control characters are shown as '?': a label must not steer a terminal.
    table& add(std::vector<std::string> cells);
    bool empty() const { return rows_.empty(); }
    // The titles and a line a row, two spaces between columns, none at the end of a line.
    std::string text() const;

private:
    std::vector<column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

// "name:  value" lines, values aligned; rows with an empty value are left out.
std::string facts_text(const std::vector<std::pair<std::string, std::string>>& facts);

// Fit for a terminal line: control characters replaced.
std::string printable(std::string_view text);

}
