#pragma once

// Bugs that the wrappers of this folder can have on purpose: a checker that misses them is worth nothing.

#include <cstdint>
#include <string_view>

namespace tollgate::simulation {

enum class planted : std::uint8_t {
    nothing,
    early_dispatch,    // the caller is told "held" before anything was sent to the store
    dropped_commit,    // the store says it committed, and did not
    stale_counters,    // admission reads counters of a while ago
    forgotten_endings, // the store does not tell that a request has ended
    trace_of_refusal,  // a refused request leaves a hold behind
    wrong_charge,      // a charge is written that is not what the provider said
    lying_disk,        // the outbox says durable and forgets
    lost_row,          // a settlement without its usage row
};
inline constexpr planted all_planted[] = {
    planted::early_dispatch,   planted::dropped_commit, planted::stale_counters, planted::forgotten_endings,
    planted::trace_of_refusal, planted::wrong_charge,   planted::lying_disk,     planted::lost_row,
};
std::string_view name_of(planted bug);

}
