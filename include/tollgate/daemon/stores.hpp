#pragma once

// Every connection to the store that a process needs, opened and made ready at start.

#include <tollgate/config/load.hpp>
#include <tollgate/store/account_store.hpp>
#include <tollgate/store/key_store.hpp>
#include <tollgate/store/ledger_store.hpp>
#include <tollgate/store/migration.hpp>
#include <tollgate/store/price_store.hpp>
#include <tollgate/store/retry_block_store.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace tollgate {

// The store cannot be reached: exit code 3.
struct store_unreachable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct stores {
    std::unique_ptr<store::database> database;
    std::unique_ptr<store::ledger_store> writer, sweeper, reload_ledger;
    std::unique_ptr<store::key_store> keys, key_poller, health;
    std::unique_ptr<store::retry_block_store> retry_blocks;
    std::unique_ptr<store::price_store> prices;
    std::vector<std::unique_ptr<store::key_store>> key_readers;
    std::vector<std::unique_ptr<store::account_store>> accounts;
};

// Applies pending migrations when the settings say so. Throws store_unreachable, or std::runtime_error for the rest.
stores open_stores(const config::settings& settings, std::size_t readers);

struct adopt_failure {
    std::string why;        // for a person
    bool try_again = false; // the store did not take it now
};

// Takes policies into use as far as the store is concerned: remembers every version (the same version with other
// content is an error) and credits opening grants, once a tenant. Policies that stand in `before` as they are were
// adopted already. `content_of` a tenant: what is stored of a version that is new.
std::expected<void, adopt_failure> adopt(const policy::policy_set& next,
                                         const std::function<std::string(const tenant_id&)>& content_of,
                                         store::key_store& keys, store::ledger_store& ledger,
                                         const policy::policy_set* before);

}
