#pragma once

// What each code means on the wire. A new code is one row in error_table.cpp.

#include <tollgate/core/error.hpp>

#include <cstdint>
#include <string_view>

namespace tollgate::openai {

// What an SDK is told about sending again.
enum class retry_rule : std::uint8_t {
    by_status,      // the status says it: SDKs never send these again
    never,          // x-should-retry: false, no retry-after
    wait,           // retry-after when the wait is known and at most 60 s, else x-should-retry: false
    never_but_wait, // x-should-retry: false, and retry-after for clients that know nothing of the former
};

struct error_row {
    errc code;
    std::string_view text; // error.code
    int status;
    std::string_view type; // error.type
    retry_rule retry;
    bool money;               // refusal_profile: openai turns 402 into 429
    std::string_view param;   // error.param when the refusal names none
    std::string_view message; // when the refusal has none of its own; says what to do
};

const error_row& row_of(errc code);

}
