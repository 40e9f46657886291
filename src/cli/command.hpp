#pragma once

// What every command is made of.

#include "option_list.hpp"

#include <tollgate/cli/run.hpp>
#include <tollgate/core/error.hpp>

#include <expected>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::cli {

struct failure {
    exit_code code = exit_refused;
    std::string message; // what is wrong and what to do about it; empty: said already
};
using status = std::expected<void, failure>;

inline std::unexpected<failure> refuse(std::string message) {
    return std::unexpected(failure{exit_refused, std::move(message)});
}
inline std::unexpected<failure> misuse(std::string message) {
    return std::unexpected(failure{exit_usage, std::move(message)});
}
std::unexpected<failure> store_failed(const store_error& why);

// A command as it runs.
struct context {
    const surroundings& world;
    std::string config; // as given; empty: the default places
    bool json = false;
};

using action = std::function<status(const context& at)>;

// One line of the table in commands.cpp.
struct command_row {
    std::string_view path; // "keys create"
    std::string_view summary;
    action (*define)(option_list& options); // adds its options; what it returns runs after parsing
    bool prints_table = false;              // takes --json; all take --config
};

struct group_row {
    std::string_view name, summary;
};

std::span<const command_row> commands();
std::span<const group_row> groups();

}
