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
    wrong_row,         // a row is written that says another charge than its counters
    lost_row,          // a settlement without its usage row
    lying_disk,        // the outbox says durable and forgets
    ignored_limits,    // admission without limits
    second_hold,       // a request holds twice, under two ids
    undercharge,       // everything agrees, on less than the provider said
    blind_sweeper,     // nobody ends what was left open
};
struct planted_row {
    planted bug;
    int promise; // that is seen to be broken
};
inline constexpr planted_row all_planted[] = {
    {planted::ignored_limits, 1}, {planted::early_dispatch, 3},   {planted::dropped_commit, 3},
    {planted::second_hold, 4},    {planted::blind_sweeper, 5},    {planted::stale_counters, 6},
    {planted::lost_row, 6},       {planted::trace_of_refusal, 6}, {planted::forgotten_endings, 6},
    {planted::wrong_row, 6},      {planted::lying_disk, 7},       {planted::undercharge, 7},
};
std::string_view name_of(planted bug);

}
