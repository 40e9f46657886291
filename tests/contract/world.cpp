#include "world.hpp"

#include "support/postgres_server.hpp"

#include <tollgate/postgres/postgres_database.hpp>
#include <tollgate/sqlite/sqlite_database.hpp>

#include <libpq-fe.h>
#include <sqlite3.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <iostream>

namespace tollgate::test {

namespace {

namespace fs = std::filesystem;

class memory_world final : public world {
public:
    std::unique_ptr<store::ledger_store> open_ledger() override { return db_.open_ledger(); }
    std::vector<store::discrepancy> verify() override { return db_.verify(); }
    instant now() override { return {++now_us_}; }
    memory_database* memory() override { return &db_; }

private:
    std::atomic<std::int64_t> now_us_{1'784'116'800'000'000}; // a tick per look
    memory_database db_{[this] { return now(); }};
};

class database_world : public world {
public:
    std::unique_ptr<store::ledger_store> open_ledger() override {
        auto made = db_->open_ledger();
        EXPECT_TRUE(made.has_value()) << made.error().detail;
        return std::move(*made);
    }
    std::vector<store::discrepancy> verify() override {
        auto accounts = db_->open_accounts();
        EXPECT_TRUE(accounts.has_value()) << accounts.error().detail;
        auto found = (*accounts)->verify(std::nullopt, {});
        EXPECT_TRUE(found.has_value()) << found.error().detail;
        return found.value();
    }
    instant now() override {
        auto accounts = db_->open_accounts();
        EXPECT_TRUE(accounts.has_value()) << accounts.error().detail;
        return (*accounts)->now().value();
    }
    store::database* database() override { return db_.get(); }

protected:
    void migrated(std::unique_ptr<store::database> db) {
        db_ = std::move(db);
        const auto done = db_->migrate();
        ASSERT_TRUE(done.has_value()) << done.error().detail;
    }

private:
    std::unique_ptr<store::database> db_;
};

class temporary_folder {
public:
    temporary_folder() {
        std::string pattern = (fs::temp_directory_path() / "tollgate-sqlite-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~temporary_folder() {
        std::error_code ec;
        fs::remove_all(path_, ec);
    }
    // In a folder that the store has to make.
    std::string database() const { return path_ + "/made/by/the/store.db"; }

private:
    std::string path_;
};

class sqlite_world final : public database_world {
public:
    sqlite_world() { migrated(sqlite::open_database(path())); }
    void sql(const std::string& text) override {
        sqlite3* raw = nullptr;
        ASSERT_EQ(sqlite3_open(path().c_str(), &raw), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(raw, text.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(raw);
        sqlite3_close(raw);
    }

private:
    std::string path() const { return folder_.database(); }
    temporary_folder folder_;
};

class postgres_world final : public database_world {
public:
    postgres_world() : url_(shared_server()->new_database()) { migrated(postgres::open_database(url_)); }
    void sql(const std::string& text) override {
        PGconn* raw = PQconnectdb(url_.c_str());
        PGresult* done = PQexec(raw, text.c_str());
        const auto status = PQresultStatus(done);
        EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) << PQerrorMessage(raw);
        PQclear(done);
        PQfinish(raw);
    }

private:
    std::string url_;
};

}

postgres_server* shared_server() {
    static const std::unique_ptr<postgres_server> server = [] {
        std::string why;
        auto made = postgres_server::start(why);
        if (!made) std::cerr << "PostgreSQL is not tested: " << why << "\n";
        return made;
    }();
    return server.get();
}

std::optional<world::fresh> world::empty_database(kind of) {
    if (of == kind::sqlite) {
        auto folder = std::make_shared<temporary_folder>();
        return fresh{sqlite::open_database(folder->database()), folder};
    }
    if (!shared_server()) return std::nullopt;
    return fresh{postgres::open_database(shared_server()->new_database()), nullptr};
}

std::unique_ptr<world> world::make(kind of) {
    switch (of) {
    case kind::memory: return std::make_unique<memory_world>();
    case kind::sqlite: return std::make_unique<sqlite_world>();
    case kind::postgres: return shared_server() ? std::make_unique<postgres_world>() : nullptr;
    }
    return nullptr;
}

namespace {

std::string kind_name(const testing::TestParamInfo<kind>& info) {
    switch (info.param) {
    case kind::memory: return "memory";
    case kind::sqlite: return "sqlite";
    case kind::postgres: return "postgres";
    }
    return "?";
}

INSTANTIATE_TEST_SUITE_P(contract, over_stores, testing::Values(kind::memory, kind::sqlite, kind::postgres), kind_name);
INSTANTIATE_TEST_SUITE_P(contract, over_databases, testing::Values(kind::sqlite, kind::postgres), kind_name);

}

}
