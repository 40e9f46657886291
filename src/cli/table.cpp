#include <tollgate/cli/table.hpp>

#include <tollgate/core/assert.hpp>

#include <algorithm>

namespace tollgate::cli {

namespace {

// Characters, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void append_cell(std::string& line, const std::string& cell, std::size_t width, bool right) {
    const std::string padding(width - std::min(width, width_of(cell)), ' ');
    line += right ? padding + cell : cell + padding;
}

void end_line(std::string& text, std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    text += line;
    text += '\n';
}

}

std::string printable(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    return out;
}

table& table::add(std::vector<std::string> cells) {
    TG_ASSERT(cells.size() == columns_.size());
    for (std::string& cell : cells) cell = printable(cell);
    rows_.push_back(std::move(cells));
    return *this;
}

std::string table::text() const {
    std::vector<std::size_t> widths;
    std::vector<std::string> titles;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        titles.push_back(columns_[i].title);
        widths.push_back(width_of(columns_[i].title));
        for (const auto& row : rows_) widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::string text;
    const auto add_line = [&](const std::vector<std::string>& cells) {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (i > 0) line += "  ";
            append_cell(line, cells[i], widths[i], columns_[i].right);
        }
        end_line(text, std::move(line));
    };
    add_line(titles);
    for (const auto& row : rows_) add_line(row);
    return text;
}

std::string facts_text(const std::vector<std::pair<std::string, std::string>>& facts) {
    std::size_t width = 0;
    for (const auto& [name, value] : facts)
        if (!value.empty()) width = std::max(width, width_of(name));
    std::string text;
    for (const auto& [name, value] : facts) {
        if (value.empty()) continue;
        std::string line;
        append_cell(line, name, width, false);
        end_line(text, line + "  " + printable(value));
    }
    return text;
}

}
