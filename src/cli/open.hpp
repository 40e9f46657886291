#pragma once

// The store as commands need it: opened, its schema up to date.

#include "settings.hpp"

#include <tollgate/store/account_store.hpp>
#include <tollgate/store/key_store.hpp>
#include <tollgate/store/ledger_store.hpp>
#include <tollgate/store/migration.hpp>

#include <memory>

namespace tollgate::cli {

using database_ptr = std::unique_ptr<store::database>;

// Only opened.
outcome_of<database_ptr> open_database(const config::settings& settings);
// Migrations applied where store.migrate allows it; else pending ones are a refusal that says what to run.
outcome_of<database_ptr> open_ready(const config::settings& settings);
// The same, with the settings read first.
outcome_of<database_ptr> open_ready(const context& at);

// A store's answer as a command's.
template <class T>
outcome_of<T> taken(store_result<T> from) {
    if (!from) return store_failed(from.error());
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return std::move(*from);
}

}
