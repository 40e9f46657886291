#pragma once

// Ends what nobody ends any more: reservations past their expiry, reservations of an earlier life of this process,
// grants that have run out. Synchronous, on its own connection; safe beside any number of other processes.

#include <tollgate/ports/clock.hpp>
#include <tollgate/store/ledger_store.hpp>

#include <string>

namespace tollgate::app {

// The final row of a reservation whose process is gone, from the record it left.
ledger::usage_row row_of_lost(const ledger::reservation& hold);

class reservation_sweeper {
public:
    reservation_sweeper(store::ledger_store& store, ports::rng& random) : store_(store), random_(random) {}

    struct swept {
        std::size_t reservations = 0, tenants = 0, counters = 0, repeats = 0;
    };
    // Everything that `node` holds, at start, before it serves: its holder is dead.
    store_result<std::size_t> recover(const std::string& node);
    store_result<swept> sweep();

private:
    store_result<void> end_all(const std::vector<ledger::reservation>& lost);

    store::ledger_store& store_;
    ports::rng& random_;
};

}
