#pragma once

// What was counted of a key's requests when one more arrived: a fact of its decision, and what the rule reads.

#include <tollgate/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tollgate::policy {

struct retry_guard;

// Which count makes it a storm of retries.
enum class storm_signal : std::uint8_t {
    none,
    same_request, // one request, again and again: that request is blocked
    refusals,     // a key that goes on sending what is refused: the key is blocked
    sdk_retries,  // most of what a key sends is an automatic retry: the key is blocked
};

constexpr std::string_view name_of(storm_signal signal) {
    switch (signal) {
    case storm_signal::none: return "none";
    case storm_signal::same_request: return "same_request";
    case storm_signal::refusals: return "refusals";
    case storm_signal::sdk_retries: return "sdk_retries";
    }
    return "none";
}

constexpr std::optional<storm_signal> parse_storm_signal(std::string_view text) {
    for (const storm_signal each :
         {storm_signal::none, storm_signal::same_request, storm_signal::refusals, storm_signal::sdk_retries})
        if (name_of(each) == text) return each;
    return std::nullopt;
}

struct retry_facts {
    // Within the guard's window, this request among them; of a block that was running: as they were when it began.
    std::int64_t same_request = 0; // this very request of this key
    std::int64_t refusals = 0;     // of this key's earlier requests, for money, policy or rate
    std::int64_t requests = 0;     // of this key
    std::int64_t retried = 0;      // of those: said to be automatic retries
    storm_signal signal = storm_signal::none;
    std::optional<instant> blocked_until{}; // set: a block runs, or begins with this request
    bool begins = false;
};

// The signal that these counts give under `guard`, and none while they are within it.
storm_signal storm_of(const retry_facts& seen, const retry_guard& guard);

}
