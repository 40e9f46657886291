#pragma once

// Which of several routes serves a request. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tollgate {

struct route_odds {
    std::int32_t priority = 1; // lower first
    std::int32_t weight = 100;
    std::uint32_t latency_us = 0; // smoothed, of the provider; 0: not known, which counts as the fastest
    bool usable = true;
};

// The index of one of the usable routes of the lowest priority that has any; nothing when none is usable. Within a
// priority each gets its weight, scaled by how fast it is beside the fastest of them: twice as slow, half the weight;
// never less than a sixteenth, so that one that has become fast again is noticed. `luck` is a random number.
std::optional<std::size_t> choose_route(std::span<const route_odds> routes, std::uint64_t luck);

}
