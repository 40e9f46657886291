#pragma once

// What policy asks of the ledger: one limit that applies to one request, ready for admission.

#include <tollgate/core/window.hpp>

#include <cstdint>
#include <string>

namespace tollgate {

// Whether a request fits a limit beside what is used for good and what running requests hold.
enum class fit : std::uint8_t {
    fits,
    held,  // not now: it would if running requests gave back what they hold
    spent, // not even then
};
constexpr fit fit_of(std::int64_t used, std::int64_t held, std::int64_t wanted, std::int64_t maximum) {
    using wide = __int128;
    if (wide{used} + held + wanted <= maximum) return fit::fits;
    return wide{used} + wanted <= maximum ? fit::held : fit::spent;
}

enum class measure : std::uint8_t { cost, tokens, requests, concurrency };

struct limit_check {
    std::uint16_t limit = 0; // the caller's index, returned in readings and refusals
    std::string scope;       // whose counter: "tenant", "agent=a1;feature=support"
    window span = window::month;
    measure what = measure::cost;
    std::int64_t maximum = 0; // nano-USD for cost, else a count
    bool hard = true;         // soft limits report, they never refuse
};

}
