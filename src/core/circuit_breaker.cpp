#include <tollgate/core/circuit_breaker.hpp>

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate {

namespace {

constexpr std::uint16_t attempts_max = (1 << 13) - 1; // what packed() has room for
constexpr std::uint8_t failures_max = 255;
constexpr std::uint8_t opened_max = 7;
static_assert(limits::breaker_open_ms << opened_max >= limits::breaker_open_ms_max, "doubling reaches the longest");
static_assert(limits::breaker_failures < failures_max);

// Right across the wrap of the clock, as long as both are within 24 days of each other.
bool reached(std::uint32_t now_ms, std::uint32_t due_ms) { return static_cast<std::int32_t>(now_ms - due_ms) >= 0; }

}

std::string_view name_of(circuit_breaker::phase phase) {
    switch (phase) {
    case circuit_breaker::phase::closed: return "closed";
    case circuit_breaker::phase::open: return "open";
    case circuit_breaker::phase::half_open: return "half_open";
    }
    TG_ASSERT(false);
}

bool circuit_breaker::usable(std::uint32_t now_ms) const {
    switch (phase_) {
    case phase::closed: return true;
    case phase::open: return reached(now_ms, at_ms_);
    case phase::half_open: return reached(now_ms, at_ms_ + limits::breaker_probe_ms_max);
    }
    TG_ASSERT(false);
}

std::uint32_t circuit_breaker::open_for_ms(std::uint32_t now_ms) const {
    return phase_ == phase::open && !reached(now_ms, at_ms_) ? at_ms_ - now_ms : 0;
}

circuit_breaker circuit_breaker::begun(std::uint32_t now_ms) const {
    if (phase_ == phase::closed || !usable(now_ms)) return *this;
    circuit_breaker next = *this;
    next.phase_ = phase::half_open;
    next.at_ms_ = now_ms;
    return next;
}

circuit_breaker circuit_breaker::opened(std::uint32_t now_ms, std::uint32_t pause_ms) const {
    circuit_breaker next;
    next.phase_ = phase::open;
    next.opened_ = opened_;
    next.at_ms_ = now_ms + std::min(pause_ms, limits::breaker_open_ms_max);
    return next;
}

circuit_breaker circuit_breaker::counted(std::uint32_t now_ms, bool failure) const {
    circuit_breaker next = *this;
    if (attempts_ == 0 || reached(now_ms, at_ms_ + limits::breaker_window_ms)) {
        next = {};
        next.at_ms_ = now_ms;
    }
    next.attempts_ = std::min<std::uint16_t>(next.attempts_ + 1, attempts_max);
    if (failure) next.failures_ = static_cast<std::uint8_t>(std::min(next.failures_ + 1, int{failures_max}));
    return next;
}

circuit_breaker circuit_breaker::succeeded(std::uint32_t now_ms) const {
    switch (phase_) {
    case phase::closed: return counted(now_ms, false);
    case phase::open: return *this; // of an attempt from before: says nothing about now
    case phase::half_open: return {};
    }
    TG_ASSERT(false);
}

circuit_breaker circuit_breaker::failed(std::uint32_t now_ms) const {
    switch (phase_) {
    case phase::closed: {
        const circuit_breaker next = counted(now_ms, true);
        const bool often = next.failures_ >= limits::breaker_failures && next.failures_ * 2 >= next.attempts_;
        return often ? next.opened(now_ms, limits::breaker_open_ms) : next;
    }
    case phase::open: return *this;
    case phase::half_open: {
        circuit_breaker next = *this;
        next.opened_ = static_cast<std::uint8_t>(std::min(opened_ + 1, int{opened_max}));
        return next.opened(now_ms, limits::breaker_open_ms << next.opened_);
    }
    }
    TG_ASSERT(false);
}

circuit_breaker circuit_breaker::paused(std::uint32_t now_ms, std::uint32_t pause_ms) const {
    if (phase_ == phase::open && !reached(now_ms, at_ms_)) return *this;
    return opened(now_ms, std::max(pause_ms, limits::breaker_open_ms));
}

std::uint64_t circuit_breaker::packed() const {
    return std::uint64_t{at_ms_} | std::uint64_t{attempts_} << 32 | std::uint64_t{failures_} << 45 |
           std::uint64_t{opened_} << 53 | static_cast<std::uint64_t>(phase_) << 56;
}

circuit_breaker circuit_breaker::unpacked(std::uint64_t bits) {
    circuit_breaker out;
    out.at_ms_ = static_cast<std::uint32_t>(bits);
    out.attempts_ = static_cast<std::uint16_t>(bits >> 32 & attempts_max);
    out.failures_ = static_cast<std::uint8_t>(bits >> 45);
    out.opened_ = static_cast<std::uint8_t>(bits >> 53 & opened_max);
    out.phase_ = static_cast<phase>(bits >> 56);
    return out;
}

}
