#pragma once

// What the seeding of counters needs of a database (see ledger/seed.hpp): which counters are known to be kept, the open
// holds, and the writing of seeds. Never on the request path; short transactions only.

#include <tollgate/core/error.hpp>
#include <tollgate/ledger/seed.hpp>

#include <string>
#include <vector>

namespace tollgate::store {

struct kept_counters {
    tenant_id tenant;
    std::string families;     // as whoever keeps them wrote it; empty: nothing is known
    bool has_history = false; // any request of the tenant is on record; filled in on reading
};

class seed_store {
public:
    virtual ~seed_store() = default;

    // One for each tenant, in their order; at most limits::store_page_rows_max tenants.
    virtual store_result<std::vector<kept_counters>> kept(const std::vector<tenant_id>& tenants) = 0;
    virtual store_result<void> keep(const std::vector<kept_counters>& rows) = 0; // as many, in one transaction
    // Open holds with their records, ascending by id, after `after`.
    virtual store_result<std::vector<ledger::reservation>> holds(const tenant_id& tenant, request_id after,
                                                                 std::size_t count) = 0;
    // Seeds of one tenant, each key once, at most limits::store_page_rows_max, in one transaction. Returns how many
    // counters changed. After store_fault::conflict nothing happened.
    virtual store_result<std::size_t> plant(std::vector<ledger::seed> seeds) = 0;
    virtual store_result<instant> now() = 0; // the store's clock
};

}
