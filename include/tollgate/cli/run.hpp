#pragma once

// The command line: parses, runs one command, explains what went wrong.

#include <tollgate/cli/surroundings.hpp>

namespace tollgate::cli {

// What a shell sees.
enum exit_code : int {
    exit_done = 0,
    exit_refused = 1,     // refused, or invalid input; the reason is on stderr
    exit_usage = 2,       // wrong usage
    exit_unreachable = 3, // the store cannot be reached
};

int run(int argc, const char* const* argv, const surroundings& world);

}
