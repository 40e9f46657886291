#pragma once

// What a rule may overlook, and why. A row that excuses nothing fails the test: remove it.

#include <array>
#include <string_view>

namespace tollgate::tidy {

struct exception_row {
    std::string_view rule, path, why;
};

inline constexpr std::array exceptions{
    exception_row{"banned", "src/sqlite/ledger.cpp", "a database file has no clock: the store's is the machine's"},
};

}
