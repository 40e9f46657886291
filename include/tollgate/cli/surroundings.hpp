#pragma once

// What a command touches besides its arguments. main() gives the process's own; tests give theirs.

#include <tollgate/core/time.hpp>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

namespace tollgate::cli {

struct surroundings {
    std::ostream& out;
    std::ostream& err;
    bool err_is_terminal = false; // then long work shows a progress bar there
    std::function<instant()> now;
    std::function<std::uint64_t()> random; // unpredictable
    std::string actor;                     // who, on audit rows and entries: "cli:anna"
};

// Those of this process: standard streams, the wall clock, the system's random numbers, the user's name.
surroundings of_process();

}
