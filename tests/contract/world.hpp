#pragma once

// A store under test: in memory, SQLite or PostgreSQL, empty and migrated, with a back door for planting damage.

#include "support/memory_store.hpp"

#include <tollgate/store/account_store.hpp>
#include <tollgate/store/admin_store.hpp>
#include <tollgate/store/key_store.hpp>
#include <tollgate/store/ledger_store.hpp>
#include <tollgate/store/migration.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::test {

class postgres_server;

enum class kind { memory, sqlite, postgres };

// The program's PostgreSQL, started when first asked for; null when none is installed.
postgres_server* shared_server();

class world {
public:
    // Null: this kind cannot be tested here (no PostgreSQL).
    static std::unique_ptr<world> make(kind of);
    // A database that nobody has migrated, with what cleans up after it. Null as above.
    struct fresh {
        std::unique_ptr<store::database> database;
        std::shared_ptr<void> cleanup;
    };
    static std::optional<fresh> empty_database(kind of);
    virtual ~world() = default;

    virtual std::unique_ptr<store::ledger_store> open_ledger() = 0;
    virtual std::vector<store::discrepancy> verify() = 0;
    virtual instant now() = 0;                                             // the store's clock
    virtual store::database* database() { return nullptr; }                // not in memory
    virtual void sql(const std::string&) { FAIL() << "no SQL in memory"; } // must succeed
    virtual memory_database* memory() { return nullptr; }
};

// Fixture of every suite over kinds; world.cpp says which.
class over_stores : public testing::TestWithParam<kind> {
protected:
    void SetUp() override {
        here = world::make(GetParam());
        ASSERT_TRUE(here) << "PostgreSQL is needed: apt-get install postgresql";
    }
    std::unique_ptr<world> here;
};

// The same without the memory store, which has neither accounts nor keys.
class over_databases : public over_stores {
protected:
    std::unique_ptr<store::account_store> accounts() { return here->database()->open_accounts().value(); }
    std::unique_ptr<store::admin_store> admin() { return here->database()->open_admin().value(); }
    std::unique_ptr<store::key_store> keys() { return here->database()->open_keys().value(); }
};

}
