#pragma once

// The ledger of a simulation: its real functions over rows in memory. Old counters are dropped as a store prunes them.

#include <tollgate/ledger/apply.hpp>

namespace tollgate::app {

class simulated_books {
public:
    explicit simulated_books(std::shared_ptr<const time_zone> zone) : zone_(std::move(zone)) {}

    ledger::reserve_outcome reserve(ledger::reserve_op op, instant at);
    void end(const ledger::op& op, instant at); // settle_op or release_op
    ledger::balance& balance(const tenant_id& tenant) { return rows_.balances[tenant].now; }

private:
    static constexpr std::size_t prune_step = 50'000; // counters; then those of windows that have ended go

    ledger::outcome apply(const ledger::op& op, instant at);
    void prune();

    ledger::snapshot rows_;
    std::shared_ptr<const time_zone> zone_;
    std::size_t prune_at_ = prune_step;
};

}
