#pragma once

// Money: signed 64-bit nano-USD (1e-9 USD, about +-9.2 thousand million USD). Never floating point.

#include <tollgate/core/assert.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

class usd_nano {
public:
    constexpr usd_nano() = default;
    constexpr explicit usd_nano(std::int64_t count) : count_(count) {}

    static constexpr std::int64_t per_usd = 1'000'000'000;
    static constexpr usd_nano max() { return usd_nano(INT64_MAX); }

    constexpr std::int64_t count() const { return count_; }

    friend constexpr auto operator<=>(usd_nano, usd_nano) = default;
    // Checked: input is bounded at the edges (limits.hpp), so an overflow here is a bug.
    friend constexpr usd_nano operator+(usd_nano a, usd_nano b) {
        std::int64_t sum = 0;
        const bool overflowed = __builtin_add_overflow(a.count_, b.count_, &sum);
        TG_ASSERT(!overflowed);
        return usd_nano(sum);
    }
    friend constexpr usd_nano operator-(usd_nano a, usd_nano b) {
        std::int64_t difference = 0;
        const bool overflowed = __builtin_sub_overflow(a.count_, b.count_, &difference);
        TG_ASSERT(!overflowed);
        return usd_nano(difference);
    }
    friend constexpr usd_nano operator-(usd_nano a) { return usd_nano() - a; }
    constexpr usd_nano& operator+=(usd_nano other) { return *this = *this + other; }
    constexpr usd_nano& operator-=(usd_nano other) { return *this = *this - other; }

private:
    std::int64_t count_ = 0;
};

// Adds without a bound on the operands: nothing on overflow.
constexpr std::optional<usd_nano> checked_add(usd_nano a, usd_nano b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a.count(), b.count(), &sum)) return std::nullopt;
    return usd_nano(sum);
}

// Reads a decimal number of USD ("500", "0.01", "-3.5", "1e2" is refused): at most nine decimals, exact or nothing.
std::optional<usd_nano> parse_usd(std::string_view text);

// Shows USD exactly, without trailing zeros beyond cents: "600.00", "0.0000125".
std::string to_usd(usd_nano amount);
void append_usd(std::string& out, usd_nano amount);
// The same, into memory with room for usd_bytes_max; returns where it ended.
inline constexpr std::size_t usd_bytes_max = 22;
char* put_usd(char* at, usd_nano amount);

}
