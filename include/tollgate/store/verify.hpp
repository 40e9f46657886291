#pragma once

// Counters equal history: what a tenant's rows should add up to, compared with what is stored. Pure.

#include <tollgate/ledger/seed.hpp>
#include <tollgate/store/account_store.hpp>

#include <map>
#include <string>
#include <vector>

namespace tollgate::store {

// Rows that name the same counters, summed.
struct touched_sum {
    std::string counters; // packed, see codec.hpp
    std::int64_t rows = 0;
    usd_nano amount; // charged, or held
    std::int64_t tokens = 0;
};

struct entry_sum {
    ledger::account debit = ledger::account::prepaid, credit = ledger::account::revenue;
    usd_nano amount;
};

// One tenant, read in one transaction.
struct tenant_books {
    tenant_id tenant;
    instant now;
    std::map<ledger::counter_key, ledger::counter> counters;
    std::optional<ledger::balance_row> balance; // its grants are not read here
    usd_nano grants_remaining;                  // over all grants
    std::vector<ledger::seed> seeds;            // what counters hold beside what touched them
    std::vector<touched_sum> usage;             // usage rows with `counted`
    std::vector<touched_sum> holds;             // open reservations
    usd_nano held_prepaid;                      // of open reservations with `prepaid`
    usd_nano charged;                           // over all usage rows that ended a reservation
    std::vector<entry_sum> entries;
};

std::vector<discrepancy> compare(const tenant_books& books);

// A scope of which nothing is younger than this may be deleted; nothing: it is kept for ever.
std::optional<std::int64_t> kept_s(window span);
// It ended long ago: it may have been deleted, and perhaps made again by a late settlement.
bool may_be_pruned(window span, std::int64_t start_s, instant now);

}
