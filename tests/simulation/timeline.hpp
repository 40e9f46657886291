#pragma once

// Simulated time: what happens when. Time stands still while anything runs, and jumps to the next event when nothing
// does. Every event has an owner, a life of a process or the world, so that a kill finds what belongs to it.

#include <tollgate/core/time.hpp>
#include <tollgate/runtime/stop_signal.hpp>
#include <tollgate/runtime/task.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace tollgate::simulation {

using owner_id = int;
inline constexpr owner_id the_world = 0;

class timeline {
public:
    using action = std::move_only_function<void()>;

    explicit timeline(instant start) : now_(start) {}

    instant now() const { return now_; }
    void after_us(std::int64_t us, owner_id owner, action what);
    // Runs the next event, if it is due by `until`. False: there is none.
    bool run_next(instant until);
    void jump_to(instant when);
    bool quiet(owner_id but) const; // nothing is planned, except by `but`
    // Takes away what belongs to `owner`.
    std::vector<action> take(owner_id owner);

    // Resumes after `us`; earlier when `stop` fires.
    task<> sleep(std::int64_t us, owner_id owner, stop_signal* stop);

private:
    struct event {
        owner_id owner = the_world;
        action what;
    };
    instant now_;
    std::uint64_t sequence_ = 0;
    std::map<std::pair<std::int64_t, std::uint64_t>, event> events_; // by time, then in the order of planning
};

}
