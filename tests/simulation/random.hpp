#pragma once

// Chance from a seed. The same seed and the same calls give the same run, on every machine.

#include <cstddef>
#include <cstdint>

namespace tollgate::simulation {

class random_source {
public:
    explicit random_source(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() { // SplitMix64
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    std::int64_t between(std::int64_t low, std::int64_t high) { // both included
        return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool chance(int permille) { return between(0, 999) < permille; }
    std::size_t index(std::size_t count) { return static_cast<std::size_t>(next() % count); }
    random_source fork() { return random_source(next()); }

private:
    std::uint64_t state_;
};

}
