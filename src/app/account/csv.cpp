#include "csv.hpp"

namespace tollgate::app {

void csv_line::comma() {
    if (!first_) out_ += ',';
    first_ = false;
}

csv_line& csv_line::plain(std::string_view value) {
    comma();
    out_ += value;
    return *this;
}

csv_line& csv_line::text(std::string_view value) {
    comma();
    static constexpr std::string_view formula_starts = "=+-@\t\r";
    const bool formula = !value.empty() && formula_starts.find(value.front()) != std::string_view::npos;
    const bool quoted =
        value.find_first_of(",\"\r\n") != std::string_view::npos || (!value.empty() && value.front() == ' ');
    if (quoted) out_ += '"';
    if (formula) out_ += '\'';
    for (const char c : value) {
        if (c == '"') out_ += '"';
        out_ += c;
    }
    if (quoted) out_ += '"';
    return *this;
}

}
