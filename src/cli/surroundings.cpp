#include <tollgate/cli/surroundings.hpp>

#include <tollgate/daemon/system_clock.hpp>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <unistd.h>

namespace tollgate::cli {

namespace {

std::string user_name() {
    for (const char* name : {"SUDO_USER", "USER", "LOGNAME"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
    return "uid " + std::to_string(::getuid());
}

}

surroundings of_process() {
    return {.out = std::cout,
            .err = std::cerr,
            .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
            .now = wall_clock_now,
            .random = [draw = std::make_shared<system_rng>()] { return draw->next(); },
            .actor = "cli:" + user_name()};
}

}
