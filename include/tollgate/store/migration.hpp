#pragma once

// Numbered SQL files, embedded at build time from migrations/, applied in order and remembered with their checksum.

#include <tollgate/core/error.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::store {

class ledger_store;
class account_store;
class key_store;
class retry_block_store;
class price_store;
class seed_store;
class admin_store;

struct migration {
    int number = 0;
    std::string_view name; // "0001_ledger"
    std::string_view sql;
    std::string checksum; // SHA-256, hex
};

std::vector<migration> postgres_migrations();
std::vector<migration> sqlite_migrations();

// A row of the table schema_migrations.
struct applied_migration {
    int number = 0;
    std::string name, checksum;
};

// The known migrations that are not applied yet, ascending. Refuses (store_fault::corrupt) when an applied one has
// another checksum, or is unknown here: then the database is newer than this program.
store_result<std::vector<migration>> not_applied(std::span<const migration> known,
                                                 std::span<const applied_migration> applied);

struct migration_report {
    std::vector<std::string> applied; // names
    int version = 0;                  // afterwards
};

// A database: where the four stores come from. Each call opens its own connection; each store is used by one thread.
class database {
public:
    virtual ~database() = default;
    // Refuses when an applied migration's checksum differs from the file's, or the database is newer than this program.
    virtual store_result<migration_report> migrate() = 0;
    virtual store_result<int> pending() = 0; // how many migrations are not applied
    virtual store_result<std::unique_ptr<ledger_store>> open_ledger() = 0;
    virtual store_result<std::unique_ptr<account_store>> open_accounts() = 0;
    virtual store_result<std::unique_ptr<key_store>> open_keys() = 0;
    virtual store_result<std::unique_ptr<retry_block_store>> open_retry_blocks() = 0;
    virtual store_result<std::unique_ptr<price_store>> open_prices() = 0;
    virtual store_result<std::unique_ptr<seed_store>> open_seeds() = 0;
    virtual store_result<std::unique_ptr<admin_store>> open_admin() = 0;
    virtual std::string description() const = 0; // without credentials
};

}
