#include "session.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <sqlite3.h>

#include <filesystem>

namespace tollgate::sqlite {

namespace {

store_fault fault_of(int code) {
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
    case SQLITE_ERROR: return store_fault::corrupt;
    default: return store_fault::unavailable;
    }
}

store_error error_of(sqlite3* db, int code, const std::string& what) {
    return {fault_of(code), "sqlite: " + what + ": " + (db ? sqlite3_errmsg(db) : sqlite3_errstr(code))};
}

// Durable (FULL), and a reader never waits for the writer (WAL). The log is cut back after a burst.
constexpr const char* writer_settings = "PRAGMA synchronous = FULL;"
                                        "PRAGMA journal_size_limit = 67108864; PRAGMA foreign_keys = ON;"
                                        "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;"
                                        "PRAGMA wal_autocheckpoint = 8000";
constexpr const char* reader_settings = "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;"
                                        "PRAGMA cache_size = -8000";

// Statements take their memory from the connection's own pool, and where that is too small without a lock around a
// statistic that nobody reads.
constexpr int pooled_bytes = 2'048, pooled_count = 256;
void count_no_memory() {
    static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); // refused when SQLite is in use: no harm
    static_cast<void>(once);
}

// Several processes may open a new file at once, and the change to WAL does not wait for a busy file by itself.
int use_wal(sqlite3* db) {
    constexpr int pause_ms = 10;
    int code = SQLITE_BUSY;
    for (std::uint32_t waited = 0; code == SQLITE_BUSY && waited < limits::store_lock_ms_max; waited += pause_ms) {
        if (waited > 0) sqlite3_sleep(pause_ms);
        code = sqlite3_exec(db, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr) & 0xff;
    }
    return code;
}

}

void close_database::operator()(sqlite3* db) const { sqlite3_close_v2(db); }
void finalize_statement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

store_result<std::unique_ptr<session>> session::open(const std::string& path, bool writes) {
    std::error_code ec;
    const auto folder = std::filesystem::path(path).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, ec);
    if (ec)
        return std::unexpected(
            store_error{store_fault::unavailable, "cannot make " + folder.string() + ": " + ec.message()});
    count_no_memory();
    sqlite3* raw = nullptr;
    const int code = sqlite3_open_v2(
        path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
        nullptr);
    std::unique_ptr<session> made(new session(raw));
    if (code != SQLITE_OK) return std::unexpected(error_of(raw, code, "open " + path));
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_LOOKASIDE, nullptr, pooled_bytes, pooled_count);
    sqlite3_busy_timeout(raw, static_cast<int>(limits::store_lock_ms_max));
    if (writes)
        if (const int wal = use_wal(raw); wal != SQLITE_OK) return std::unexpected(error_of(raw, wal, "open " + path));
    made->execute(writes ? writer_settings : reader_settings);
    if (auto done = made->take_fault(); !done) return std::unexpected(done.error());
    return made;
}

std::unique_ptr<sqlite3_stmt, finalize_statement> session::compile(const char* sql, unsigned flags) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql, -1, flags, &raw, nullptr);
    if (code != SQLITE_OK) fail_with(code, sql);
    return std::unique_ptr<sqlite3_stmt, finalize_statement>(raw);
}

binder& session::prepare(const char* sql, bool borrows) {
    current_ = nullptr;
    if (ok()) {
        auto& statement = statements_[sql];
        if (!statement) statement = compile(sql, SQLITE_PREPARE_PERSISTENT);
        if (ok()) current_ = statement.get();
    }
    out_.start(current_, borrows);
    return out_;
}

binder& session::prepare_once(const std::string& sql) {
    current_ = nullptr;
    if (ok()) {
        once_ = compile(sql.c_str(), 0);
        if (ok()) current_ = once_.get();
    }
    out_.start(current_, false);
    return out_;
}

bool session::step() {
    if (!current_) return false;
    if (!ok()) {
        sqlite3_reset(current_);
        return false;
    }
    const int code = sqlite3_step(current_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) fail_with(code, sqlite3_sql(current_));
    sqlite3_reset(current_);
    return false;
}

void session::run() {
    while (step()) {
    }
}

void session::execute(const char* sql) {
    if (!ok()) return;
    const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail_with(code, sql);
}

void session::begin_immediate() {
    prepare("BEGIN IMMEDIATE");
    run();
}

void session::begin_read() {
    prepare("BEGIN");
    run();
}

store_result<void> session::commit() {
    prepare("COMMIT");
    run();
    auto done = take_fault();
    if (!done) rollback();
    return done;
}

void session::rollback() {
    // Statements left in the middle by a failure would keep the transaction open.
    for (auto& [sql, statement] : statements_)
        if (statement) sqlite3_reset(statement.get());
    if (sqlite3_get_autocommit(db_.get()) == 0) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    fault_.reset();
}

void session::fail(store_fault fault, std::string detail) {
    if (!fault_) fault_ = store_error{fault, std::move(detail)};
}

void session::fail_with(int code, const char* what) {
    const store_error found = error_of(db_.get(), code, std::string(what).substr(0, 60));
    fail(found.fault, found.detail);
}

store_result<void> session::take_fault() {
    if (!fault_) return {};
    store_error out = std::move(*fault_);
    fault_.reset();
    return std::unexpected(std::move(out));
}

std::int64_t session::changed() const { return sqlite3_changes64(db_.get()); }

}
