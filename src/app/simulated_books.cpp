#include "simulated_books.hpp"

#include <algorithm>
#include <iterator>

namespace tollgate::app {

ledger::outcome simulated_books::apply(const ledger::op& op, instant at) {
    rows_.now = at;
    const ledger::op* const one[] = {&op};
    ledger::applied done = ledger::apply(ledger::op_list(one), rows_);
    for (auto& [key, value] : done.write.counters) rows_.counters.insert_or_assign(key, value);
    for (auto& [tenant, row] : done.write.balances) rows_.balances.insert_or_assign(tenant, std::move(row));
    for (ledger::reservation& each : done.write.reservations_opened) {
        const request_id id = each.id;
        rows_.reservations.insert_or_assign(id, std::move(each));
    }
    for (const auto& [tenant, id] : done.write.reservations_ended) rows_.reservations.erase(id);
    if (rows_.counters.size() >= prune_at_) prune();
    return std::move(done.outcomes.front());
}

ledger::reserve_outcome simulated_books::reserve(ledger::reserve_op op, instant at) {
    return std::get<ledger::reserve_outcome>(apply(std::move(op), at));
}

void simulated_books::end(const ledger::op& op, instant at) { apply(op, at); }

void simulated_books::prune() {
    std::erase_if(rows_.counters, [&](const auto& each) {
        const auto& [key, value] = each;
        if (value.in_flight > 0 || value.held > usd_nano()) return false;
        const auto end = window_end(key.span, instant::from_seconds(key.start_s), *zone_);
        return end && *end <= rows_.now.seconds();
    });
    prune_at_ = rows_.counters.size() + std::max(prune_step, rows_.counters.size());
}

}
