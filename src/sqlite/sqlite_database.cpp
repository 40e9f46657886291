#include <tollgate/sqlite/sqlite_database.hpp>

#include "accounts.hpp"
#include "admin.hpp"
#include "keys.hpp"
#include "ledger.hpp"
#include "prices.hpp"
#include "retry_blocks.hpp"
#include "seeds.hpp"

namespace tollgate::sqlite {

namespace {

std::vector<store::applied_migration> read_applied(session& db) {
    std::vector<store::applied_migration> applied;
    db.prepare("SELECT number, name, checksum FROM schema_migrations ORDER BY number");
    db.each([&](reader& in) {
        store::applied_migration& row = applied.emplace_back();
        row.number = static_cast<int>(in.number());
        row.name = in.text();
        row.checksum = in.text();
    });
    return applied;
}

void make_table(session& db) {
    db.execute("CREATE TABLE IF NOT EXISTS schema_migrations (number integer NOT NULL PRIMARY KEY, name text NOT NULL, "
               "checksum text NOT NULL, applied integer NOT NULL)");
}

class database final : public store::database {
public:
    explicit database(std::string path) : path_(std::move(path)) {}

    store_result<store::migration_report> migrate() override;
    store_result<int> pending() override;
    store_result<std::unique_ptr<store::ledger_store>> open_ledger() override {
        return open_as<ledger, store::ledger_store>(true);
    }
    store_result<std::unique_ptr<store::account_store>> open_accounts() override {
        return open_as<accounts, store::account_store>(false);
    }
    store_result<std::unique_ptr<store::key_store>> open_keys() override {
        return open_as<keys, store::key_store>(true);
    }
    store_result<std::unique_ptr<store::retry_block_store>> open_retry_blocks() override {
        return open_as<retry_blocks, store::retry_block_store>(true);
    }
    store_result<std::unique_ptr<store::price_store>> open_prices() override {
        return open_as<prices, store::price_store>(true);
    }
    store_result<std::unique_ptr<store::seed_store>> open_seeds() override {
        return open_as<seeds, store::seed_store>(true);
    }
    store_result<std::unique_ptr<store::admin_store>> open_admin() override {
        return open_as<admin, store::admin_store>(true);
    }
    std::string description() const override { return "sqlite:" + path_; }

private:
    template <class Store, class As>
    store_result<std::unique_ptr<As>> open_as(bool writes) {
        auto db = session::open(path_, writes);
        if (!db) return std::unexpected(db.error());
        return std::make_unique<Store>(std::move(*db));
    }
    store_result<bool> apply_next(session& db, store::migration_report& report);

    std::string path_;
};

// One migration, in its own transaction. Other processes wait at its first statement and then find it applied.
store_result<bool> database::apply_next(session& db, store::migration_report& report) {
    db.begin_immediate();
    make_table(db);
    const auto applied = read_applied(db);
    if (auto done = db.take_fault(); !done) {
        db.rollback();
        return std::unexpected(done.error());
    }
    const auto known = store::sqlite_migrations();
    const auto rest = store::not_applied(known, applied);
    if (!rest || rest->empty()) {
        db.rollback();
        if (!rest) return std::unexpected(rest.error());
        report.version = known.empty() ? 0 : known.back().number;
        return false;
    }
    const store::migration& next = rest->front();
    db.execute(std::string(next.sql));
    db.prepare("INSERT INTO schema_migrations (number, name, checksum, applied) VALUES (?, ?, ?, ?)")
        .number(next.number)
        .text(next.name)
        .text(next.checksum)
        .time(clock_now());
    db.run();
    if (auto done = db.commit(); !done) return std::unexpected(done.error());
    report.applied.emplace_back(next.name);
    return true;
}

store_result<store::migration_report> database::migrate() {
    auto db = session::open(path_, true);
    if (!db) return std::unexpected(db.error());
    store::migration_report report;
    for (;;) {
        const auto more = apply_next(**db, report);
        if (!more) return std::unexpected(more.error());
        if (!*more) return report;
    }
}

store_result<int> database::pending() {
    auto db = session::open(path_, true);
    if (!db) return std::unexpected(db.error());
    make_table(**db);
    const auto applied = read_applied(**db);
    if (auto done = (*db)->take_fault(); !done) return std::unexpected(done.error());
    const auto rest = store::not_applied(store::sqlite_migrations(), applied);
    if (!rest) return std::unexpected(rest.error());
    return static_cast<int>(rest->size());
}

}

std::unique_ptr<store::database> open_database(std::string path) { return std::make_unique<database>(std::move(path)); }

}
