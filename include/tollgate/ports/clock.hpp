#pragma once

#include <tollgate/core/time.hpp>
#include <tollgate/runtime/task.hpp>

#include <cstdint>

namespace tollgate::ports {

class clock {
public:
    virtual ~clock() = default;
    virtual instant now() const = 0; // wall clock
    virtual std::int64_t steady_us() const = 0;
    virtual task<> sleep(std::uint32_t ms) = 0;
};

class rng {
public:
    virtual ~rng() = default;
    virtual std::uint64_t next() = 0; // unpredictable in production, seeded in simulation
};

}
