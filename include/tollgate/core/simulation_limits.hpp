#pragma once

// Maxima of commands that read recorded traffic; beside limits.hpp, which the gateway itself is built from.

#include <cstddef>
#include <cstdint>

namespace tollgate::limits {

inline constexpr std::size_t simulation_groups_max = 10'000;   // tenants, features or models told apart
inline constexpr std::size_t simulation_open_max = 1'000'000;  // requests under way; past it the earliest ends early
inline constexpr std::size_t simulation_policies_max = 1'000;  // of one command
inline constexpr std::int64_t balance_movements_max = 100'000; // of one tenant, read at once

}
