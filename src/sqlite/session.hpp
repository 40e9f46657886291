#pragma once

// A connection to an SQLite file with its prepared statements. The first failure sticks: everything after it does
// nothing until `take_fault`, so that a transaction reads straight down and is judged once, at its end.

#include "row.hpp"

#include <tollgate/core/error.hpp>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace tollgate::sqlite {

struct close_database {
    void operator()(sqlite3* db) const;
};
struct finalize_statement {
    void operator()(sqlite3_stmt* statement) const;
};

class session {
public:
    // Opens or makes the file, and the folder it is in. `writes`: durable, otherwise a reader that cannot write.
    static store_result<std::unique_ptr<session>> open(const std::string& path, bool writes);

    // `sql` must outlive the session: it names the prepared statement.
    binder& prepare(const char* sql) { return prepare(sql, false); }
    binder& prepare(const std::string& sql) { return prepare(sql.c_str()); }
    // Text that is bound to it must stay as it is until it has run, and is not copied.
    binder& prepare_borrowing(const std::string& sql) { return prepare(sql.c_str(), true); }
    // For SQL that is put together for one call.
    binder& prepare_once(const std::string& sql);
    void run(); // the statement that was prepared last, without rows
    template <class OnRow>
    void each(OnRow on_row) { // the same, a call a row
        while (step()) {
            reader in(current_, *this);
            on_row(in);
        }
    }
    void execute(const char* sql); // any text, unprepared
    void execute(const std::string& sql) { execute(sql.c_str()); }

    void begin_immediate();
    void begin_read();
    // Commits, or rolls back when anything failed.
    store_result<void> commit();
    void rollback();

    bool ok() const { return !fault_; }
    void fail(store_fault fault, std::string detail);
    store_result<void> take_fault();
    std::int64_t changed() const; // rows, by the last statement

private:
    explicit session(sqlite3* db) : db_(db), out_(*this) {}
    binder& prepare(const char* sql, bool borrows);
    bool step();
    std::unique_ptr<sqlite3_stmt, finalize_statement> compile(const char* sql, unsigned flags);
    void fail_with(int code, const char* what);

    std::unique_ptr<sqlite3, close_database> db_;
    std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, finalize_statement>> statements_;
    std::unique_ptr<sqlite3_stmt, finalize_statement> once_;
    sqlite3_stmt* current_ = nullptr;
    binder out_;
    std::optional<store_error> fault_;
};

}
