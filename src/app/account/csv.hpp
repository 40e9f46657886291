#pragma once

// Fields of a comma-separated line (RFC 4180).

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::app {

class csv_line {
public:
    explicit csv_line(std::string& out) : out_(out) {}

    // What people or clients wrote: never run as a formula by a spreadsheet, quoted where it must be.
    csv_line& text(std::string_view value);
    // What we wrote ourselves: numbers, amounts, times.
    csv_line& plain(std::string_view value);
    csv_line& number(std::int64_t value) { return plain(std::to_string(value)); }
    void end() { out_ += "\r\n"; }

private:
    void comma();

    std::string& out_;
    bool first_ = true;
};

}
