#pragma once

// Seeds that once failed, and what they found. They run for ever.

#include <cstdint>

namespace tollgate::simulation {

struct known_seed {
    std::uint64_t seed;
    int steps;
    const char* found;
};
inline constexpr known_seed known_seeds[] = {
    {1, 40, "nothing: the first one"},
};

}
