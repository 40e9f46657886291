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
    {36, 40, "a hold whose caller no longer waited was not undone before a kill: charged as the policy says"},
    {372, 40, "a release after the expiry did not give the estimate back"},
    {3357701246, 25, "grants expired twice for one request: the same name for both, and a writer that tries for ever"},
    {515, 40, "a slow answer in small parts outlived the run"},
};

}
