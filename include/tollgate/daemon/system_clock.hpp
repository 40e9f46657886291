#pragma once

// Clock and randomness of the real world.

#include <tollgate/ports/clock.hpp>

#include <array>
#include <cstdint>

namespace tollgate {

class system_clock final : public ports::clock {
public:
    explicit system_clock(executor on) : on_(on) {}
    instant now() const override;
    std::int64_t steady_us() const override;
    task<> sleep(std::uint32_t ms) override;

private:
    executor on_;
};

instant wall_clock_now();

// From the system's generator in large draws: one call costs more than a request may. One thread.
class system_rng final : public ports::rng {
public:
    std::uint64_t next() override;

private:
    std::array<std::uint64_t, 512> drawn_{};
    std::size_t used_ = 512;
};

}
