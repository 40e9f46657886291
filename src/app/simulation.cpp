#include "simulation_run.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

std::int64_t start_of(const policy::limit& l, const policy::tenant_policy& policy, instant from) {
    // A request that runs at `from` began at most this long before.
    if (l.what == measure::concurrency) return from.seconds() - limits::reservation_ttl_ms / 1000;
    return window_start(l.span, from, *policy.zone);
}

}

instant rows_needed_from(const policy::tenant_policy& policy, instant from) {
    std::int64_t first = from.seconds();
    const auto take = [&](window span) { first = std::min(first, window_start(span, from, *policy.zone)); };
    if (policy.hard_stop || policy.monthly_budget) take(window::month);
    if (policy.daily_soft_limit) take(window::day);
    for (const policy::limit& l : policy.limits) first = std::min(first, start_of(l, policy, from));
    return instant::from_seconds(std::max<std::int64_t>(first, 0));
}

simulation::simulation(simulation_setup how) : run_(std::make_unique<run>(std::move(how), on_decided)) {}
simulation::~simulation() = default;

void simulation::credit(instant at, usd_nano amount) { run_->credit(at, amount); }
void simulation::take(const ledger::usage_row& row) { run_->take(row); }
void simulation::finish() { run_->finish(); }
const tallies& simulation::result() const { return run_->result(); }

}
