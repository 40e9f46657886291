#include "simulated_books.hpp"

#include <algorithm>
#include <iterator>

namespace tollgate::app {

ledger::outcome simulated_books::apply(const ledger::op& op, instant at) {
    rows_.now = at;
    const ledger::op* const one[] = {&op};
    ledger::applied done = ledger::apply(ledger::op_list(one), rows_);
    rows_.counters = std::move(done.write.counters);
    rows_.balances = std::move(done.write.balances);
    for (const ledger::opening& each : done.write.reservations_opened)
        rows_.reservations.insert_or_assign(each.hold->id, *each.hold);
    for (const ledger::reservation* hold : done.write.reservations_ended) {
        const request_id id = hold->id; // the row itself may go
        rows_.reservations.erase(id);
    }
    if (rows_.counters.size() >= prune_at_) prune();
    return std::move(done.outcomes.front());
}

ledger::reserve_outcome simulated_books::reserve(ledger::reserve_op op, instant at) {
    return std::get<ledger::reserve_outcome>(apply(std::move(op), at));
}

void simulated_books::end(const ledger::op& op, instant at) { apply(op, at); }

void simulated_books::prune() {
    ledger::counter_rows kept;
    rows_.counters.each([&](const ledger::counter_key& key, const ledger::counter& value) {
        const auto end = window_end(key.span, instant::from_seconds(key.start_s), *zone_);
        const bool over = end && *end <= rows_.now.seconds();
        if (!over || value.in_flight > 0 || value.held > usd_nano()) kept[key] = value;
    });
    rows_.counters = std::move(kept);
    prune_at_ = rows_.counters.size() + std::max(prune_step, rows_.counters.size());
}

}
