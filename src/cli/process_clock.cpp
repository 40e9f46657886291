// The edges of the process: streams, clock, random numbers, the user's name.
#include <tollgate/cli/surroundings.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <unistd.h>

namespace tollgate::cli {

namespace {

instant wall_clock() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

std::uint64_t system_random() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

std::string user_name() {
    for (const char* name : {"SUDO_USER", "USER", "LOGNAME"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
    return "uid" + std::to_string(::getuid());
}

}

surroundings of_process() {
    return {std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1, wall_clock, system_random, "cli:" + user_name()};
}

}
