#pragma once

// Whether a provider is worth trying. A state machine as a pure function over a value of 64 bits, so that threads share
// one in an atomic.
//
//   closed --(enough failures in a window)--> open --(cool-down over: one probe)--> half_open --success--> closed
//                                              ^                                       |
//                                              +----------(twice the cool-down)--------+ failure

#include <cstdint>
#include <string_view>

namespace tollgate {

class circuit_breaker {
public:
    enum class phase : std::uint8_t { closed, open, half_open };

    // Closed, and nothing counted.
    constexpr circuit_breaker() = default;

    // Times are milliseconds on a steady clock that starts with the process (49 days are told apart).
    phase state() const { return phase_; }
    // Whether an attempt may be made: closed, or open and due for a probe.
    bool usable(std::uint32_t now_ms) const;
    std::uint32_t open_for_ms(std::uint32_t now_ms) const; // until the probe; 0 unless open

    // An attempt begins: one that finds the breaker due is the probe. Each returns the state that follows.
    circuit_breaker begun(std::uint32_t now_ms) const;
    circuit_breaker succeeded(std::uint32_t now_ms) const;
    circuit_breaker failed(std::uint32_t now_ms) const;
    // The provider asked for a pause: open that long, at most limits::breaker_open_ms_max; 0: the shortest cool-down.
    circuit_breaker paused(std::uint32_t now_ms, std::uint32_t pause_ms) const;

    std::uint64_t packed() const;
    static circuit_breaker unpacked(std::uint64_t bits);
    friend bool operator==(const circuit_breaker&, const circuit_breaker&) = default;

private:
    circuit_breaker counted(std::uint32_t now_ms, bool failure) const;
    circuit_breaker opened(std::uint32_t now_ms, std::uint32_t pause_ms) const;

    std::uint32_t at_ms_ = 0;    // closed: the window's start; open: when a probe is due; half open: when it began
    std::uint16_t attempts_ = 0; // in the window
    std::uint8_t failures_ = 0;
    std::uint8_t opened_ = 0; // times in a row: the cool-down doubles
    phase phase_ = phase::closed;
};

std::string_view name_of(circuit_breaker::phase phase);

}
