#pragma once

// The Out and the In of store/rows.hpp for SQLite.

#include <tollgate/core/ids.hpp>
#include <tollgate/core/time.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace tollgate::sqlite {

class session;

// Binds the parameters of a statement from left to right.
class binder {
public:
    explicit binder(session& owner) : owner_(owner) {}
    void start(sqlite3_stmt* statement, bool borrows) { statement_ = statement, borrows_ = borrows, next_ = 1; }

    binder& text(std::string_view value) { return text(value, borrows_); }
    binder& text(std::string&& value) { return text(value, false); } // gone by the time that the statement runs
    binder& text(const std::string& value) { return text(std::string_view(value)); }
    binder& text(const char* value) { return text(std::string_view(value)); }
    binder& id(request_id value);
    binder& number(std::int64_t value);
    binder& flag(bool value) { return number(value ? 1 : 0); }
    binder& time(instant value) { return number(value.us); }
    binder& bytes(std::span<const std::uint8_t> value);
    binder& optional_number(std::optional<std::int64_t> value) { return value ? number(*value) : null(); }
    binder& optional_text(std::optional<std::string_view> value) { return value ? text(*value) : null(); }
    binder& optional_id(std::optional<request_id> value) { return value ? id(*value) : null(); }
    binder& optional_time(std::optional<instant> value) { return value ? time(*value) : null(); }
    binder& null();

private:
    binder& text(std::string_view value, bool borrows);
    void check(int code);

    session& owner_;
    sqlite3_stmt* statement_ = nullptr;
    bool borrows_ = false;
    int next_ = 1;
};

// Reads the columns of a row from left to right.
class reader {
public:
    reader(sqlite3_stmt* statement, session& owner) : owner_(owner), statement_(statement) {}

    std::string text();
    std::string bytes() { return text(); }
    request_id id();
    std::int64_t number();
    bool flag() { return number() != 0; }
    instant time() { return {number()}; }
    std::optional<std::int64_t> optional_number();
    std::optional<std::string> optional_text();
    std::optional<request_id> optional_id();
    std::optional<instant> optional_time();
    void damaged(const char* what);

private:
    bool skip_null();

    session& owner_;
    sqlite3_stmt* statement_;
    int next_ = 0;
};

}
