#pragma once

// What policy asks of the ledger: one limit that applies to one request, ready for admission.

#include <tollgate/core/window.hpp>

#include <cstdint>
#include <string>

namespace tollgate {

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
