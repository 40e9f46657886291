#pragma once

// Identifiers. Tenants and keys are text chosen by people or by us; a request id is a value.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

using tenant_id = std::string;
using key_id = std::string; // public name of a key ("key_..."), never the secret

// 128 bits: 48 of Unix milliseconds, 80 random. Text form "req_" and 26 characters of Crockford base 32; sorts by time.
class request_id {
public:
    constexpr request_id() = default;
    constexpr request_id(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}
    // `random` supplies 80 bits; the high 16 of `random_high` are used.
    static request_id make(std::int64_t unix_ms, std::uint16_t random_high, std::uint64_t random_low) {
        return request_id((static_cast<std::uint64_t>(unix_ms) << 16) | random_high, random_low);
    }
    static std::optional<request_id> parse(std::string_view text);
    std::string text() const;
    std::array<char, 30> digits() const; // the same

    constexpr std::uint64_t high() const { return high_; }
    constexpr std::uint64_t low() const { return low_; }
    constexpr std::int64_t unix_ms() const { return static_cast<std::int64_t>(high_ >> 16); }
    constexpr bool empty() const { return high_ == 0 && low_ == 0; }

    friend constexpr auto operator<=>(const request_id&, const request_id&) = default;

private:
    std::uint64_t high_ = 0;
    std::uint64_t low_ = 0;
};

}

template <>
struct std::hash<tollgate::request_id> {
    std::size_t operator()(const tollgate::request_id& id) const noexcept { return id.low() ^ (id.high() << 1); }
};
