#include <tollgate/postgres/postgres_database.hpp>

#include "accounts.hpp"
#include "admin.hpp"
#include "keys.hpp"
#include "ledger.hpp"
#include "partitions.hpp"
#include "prices.hpp"
#include "retry_blocks.hpp"
#include "seeds.hpp"

#include <tollgate/core/limits.hpp>

#include <libpq-fe.h>

#include <algorithm>

namespace tollgate::postgres {

namespace {

constexpr std::uint32_t migration_ms_max = 600'000;

std::string set(std::string_view name, std::string_view value) {
    return "SET " + std::string(name) + " = " + std::string(value) + ";";
}

// Batches are nested loops over primary keys whatever the statistics say; a plan is made once per connection.
std::string ledger_settings() {
    return set("statement_timeout", std::to_string(limits::store_statement_ms_max)) +
           set("lock_timeout", std::to_string(limits::store_lock_ms_max)) +
           set("idle_in_transaction_session_timeout", std::to_string(2 * limits::store_statement_ms_max)) +
           set("enable_seqscan", "off") + set("enable_hashjoin", "off") + set("enable_mergejoin", "off") +
           set("plan_cache_mode", "force_generic_plan") + set("jit", "off");
}

std::string report_settings(std::uint32_t statement_ms) {
    return set("statement_timeout", std::to_string(statement_ms)) +
           set("lock_timeout", std::to_string(limits::store_lock_ms_max)) + set("jit", "off") +
           set("idle_in_transaction_session_timeout", std::to_string(2 * limits::store_statement_ms_max));
}

class database final : public store::database {
public:
    explicit database(std::string url) : url_(std::move(url)) {}

    store_result<store::migration_report> migrate() override;
    store_result<int> pending() override;
    store_result<std::unique_ptr<store::ledger_store>> open_ledger() override {
        return open_as<ledger, store::ledger_store>(
            {url_, "tollgate ledger", ledger_settings(), limits::store_statement_ms_max + limits::store_lock_ms_max});
    }
    store_result<std::unique_ptr<store::account_store>> open_accounts() override {
        return open_as<accounts, store::account_store>(
            {url_, "tollgate accounts", report_settings(limits::store_report_ms_max), 2 * limits::store_report_ms_max});
    }
    store_result<std::unique_ptr<store::key_store>> open_keys() override {
        return open_as<keys, store::key_store>({url_, "tollgate keys", report_settings(limits::store_statement_ms_max),
                                                2 * limits::store_statement_ms_max});
    }
    store_result<std::unique_ptr<store::retry_block_store>> open_retry_blocks() override {
        return open_as<retry_blocks, store::retry_block_store>({url_, "tollgate retries",
                                                                report_settings(limits::store_statement_ms_max),
                                                                2 * limits::store_statement_ms_max});
    }
    store_result<std::unique_ptr<store::price_store>> open_prices() override {
        return open_as<prices, store::price_store>({url_, "tollgate prices",
                                                    report_settings(limits::store_statement_ms_max),
                                                    2 * limits::store_statement_ms_max});
    }
    store_result<std::unique_ptr<store::seed_store>> open_seeds() override {
        return open_as<seeds, store::seed_store>(
            {url_, "tollgate seeds", report_settings(limits::store_report_ms_max), 2 * limits::store_report_ms_max});
    }
    store_result<std::unique_ptr<store::admin_store>> open_admin() override {
        return open_as<admin, store::admin_store>({url_, "tollgate admin",
                                                   report_settings(limits::store_statement_ms_max),
                                                   2 * limits::store_statement_ms_max});
    }
    std::string description() const override;

private:
    template <class Store, class As>
    store_result<std::unique_ptr<As>> open_as(connect_options options) {
        auto made = std::make_unique<Store>(std::move(options));
        if (auto done = made->connect(); !done) return std::unexpected(done.error());
        return made;
    }
    connect_options migration_options() const {
        return {url_, "tollgate migrate", "SET client_min_messages = warning", migration_ms_max};
    }

    std::string url_;
};

store_result<bool> table_exists(connection& db) {
    bool there = false;
    db.query("SELECT to_regclass('schema_migrations') IS NOT NULL");
    if (auto done = db.run([&](std::size_t, reader& in) { there = in.flag(); }); !done)
        return std::unexpected(done.error());
    return there;
}

// Row 0 is nobody's migration: whoever migrates holds its lock.
store_result<std::vector<store::applied_migration>> read_applied(connection& db, bool locked) {
    std::vector<store::applied_migration> applied;
    if (locked) db.query("SELECT number FROM schema_migrations WHERE number = 0 FOR UPDATE");
    db.query("SELECT number, name, checksum FROM schema_migrations WHERE number > 0 ORDER BY number");
    const std::size_t list = locked ? 1 : 0;
    auto done = db.run([&](std::size_t i, reader& in) {
        if (i != list) return;
        store::applied_migration& row = applied.emplace_back();
        row.number = static_cast<int>(in.number());
        row.name = in.text();
        row.checksum = in.text();
    });
    if (!done) return std::unexpected(done.error());
    return applied;
}

// Processes that start at once may all try; losing that race is an error that leaves the table made.
store_result<void> make_table(connection& db) {
    const auto there = table_exists(db);
    if (!there) return std::unexpected(there.error());
    if (*there) return {};
    db.query("CREATE TABLE IF NOT EXISTS schema_migrations (number integer NOT NULL PRIMARY KEY, name text NOT NULL, "
             "checksum text NOT NULL, applied timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP)");
    db.query("INSERT INTO schema_migrations (number, name, checksum) VALUES (0, 'lock', '') ON CONFLICT DO NOTHING");
    const auto made = db.run();
    if (made) return {};
    const auto now_there = table_exists(db);
    if (now_there && *now_there) return {};
    return made;
}

// Splitting SQL text is the server's business: the simple protocol takes a whole file, on a connection of its own.
store_result<void> run_file(connection& db, const store::migration& next) {
    return db.simple("BEGIN;" + std::string(next.sql) +
                     ";INSERT INTO schema_migrations (number, name, checksum) VALUES (" + std::to_string(next.number) +
                     ", '" + std::string(next.name) + "', '" + next.checksum + "');COMMIT");
}

store_result<store::migration_report> database::migrate() {
    auto guard = connection::open(migration_options());
    if (!guard) return std::unexpected(guard.error());
    auto worker = connection::open(migration_options());
    if (!worker) return std::unexpected(worker.error());
    if (auto done = make_table(**guard); !done) return std::unexpected(done.error());

    // The guard's lock keeps other processes out while each file commits on its own.
    (*guard)->query("BEGIN");
    if (auto done = (*guard)->run(); !done) return std::unexpected(done.error());
    const auto applied = read_applied(**guard, true);
    if (!applied) return std::unexpected(applied.error());
    const auto known = store::postgres_migrations();
    const auto rest = store::not_applied(known, *applied);
    if (!rest) return std::unexpected(rest.error());

    store::migration_report report;
    report.version = known.empty() ? 0 : known.back().number;
    for (const store::migration& next : *rest) {
        if (auto done = run_file(**worker, next); !done)
            return std::unexpected(
                store_error{done.error().fault, "migration " + std::string(next.name) + ": " + done.error().detail});
        report.applied.emplace_back(next.name);
    }
    if (auto done = keep_partitions(**worker); !done) return std::unexpected(done.error());
    (*guard)->query("COMMIT");
    if (auto done = (*guard)->run(); !done) return std::unexpected(done.error());
    return report;
}

store_result<int> database::pending() {
    auto db = connection::open(migration_options());
    if (!db) return std::unexpected(db.error());
    const auto known = store::postgres_migrations();
    const auto there = table_exists(**db);
    if (!there) return std::unexpected(there.error());
    if (!*there) return static_cast<int>(known.size());
    const auto applied = read_applied(**db, false);
    if (!applied) return std::unexpected(applied.error());
    const auto rest = store::not_applied(known, *applied);
    if (!rest) return std::unexpected(rest.error());
    return static_cast<int>(rest->size());
}

// Host and database; user names and passwords stay out of logs.
std::string database::description() const {
    char* fault = nullptr;
    PQconninfoOption* options = PQconninfoParse(url_.c_str(), &fault);
    if (fault) PQfreemem(fault);
    if (!options) return "postgresql (address not readable)";
    std::string host, name;
    for (const PQconninfoOption* each = options; each->keyword; ++each) {
        const std::string_view keyword = each->keyword;
        if (keyword == "host" && each->val) host = each->val;
        if (keyword == "dbname" && each->val) name = each->val;
    }
    PQconninfoFree(options);
    return "postgresql://" + host + "/" + name;
}

}

std::unique_ptr<store::database> open_database(std::string url) { return std::make_unique<database>(std::move(url)); }

}
