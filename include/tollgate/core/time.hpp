#pragma once

// Instants as values. The clocks behind them are a port (ports/clock.hpp).

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

// Microseconds since 1970-01-01T00:00:00Z.
struct instant {
    std::int64_t us = 0;
    friend constexpr auto operator<=>(const instant&, const instant&) = default;
    constexpr std::int64_t ms() const { return us / 1000; }
    constexpr std::int64_t seconds() const { return us / 1'000'000; }
    static constexpr instant from_seconds(std::int64_t s) { return {s * 1'000'000}; }
    static constexpr instant from_ms(std::int64_t ms) { return {ms * 1000}; }
};

// RFC 3339 in UTC: "2026-07-01T00:00:00Z", with milliseconds when asked.
std::string to_rfc3339(instant when, bool with_ms = false);
// The same, into `room`.
using rfc3339_room = std::array<char, 24>;
std::string_view write_rfc3339(rfc3339_room& room, instant when, bool with_ms = false);
// Accepts a date ("2026-07-01", midnight UTC) or a full RFC 3339 time with offset.
std::optional<instant> parse_rfc3339(std::string_view text);

}
