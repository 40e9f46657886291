#include "row.hpp"

#include "session.hpp"

#include <sqlite3.h>

#include <array>

namespace tollgate::sqlite {

namespace {

void store_big_endian(std::uint64_t value, unsigned char* out) {
    for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<unsigned char>(value & 0xff);
}

std::uint64_t load_big_endian(const unsigned char* in) {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | in[i];
    return value;
}

}

binder& binder::text(std::string_view value, bool borrows) {
    // An empty view may have no address, and SQLite would bind NULL.
    const char* data = value.empty() ? "" : value.data();
    const auto keep = borrows ? SQLITE_STATIC : SQLITE_TRANSIENT;
    check(statement_ ? sqlite3_bind_text64(statement_, next_, data, value.size(), keep, SQLITE_UTF8) : SQLITE_OK);
    return *this;
}

binder& binder::id(request_id value) {
    std::array<unsigned char, 16> bytes{};
    store_big_endian(value.high(), bytes.data());
    store_big_endian(value.low(), bytes.data() + 8);
    check(statement_ ? sqlite3_bind_blob(statement_, next_, bytes.data(), 16, SQLITE_TRANSIENT) : SQLITE_OK);
    return *this;
}

binder& binder::number(std::int64_t value) {
    check(statement_ ? sqlite3_bind_int64(statement_, next_, value) : SQLITE_OK);
    return *this;
}

binder& binder::bytes(std::span<const std::uint8_t> value) {
    check(statement_ ? sqlite3_bind_blob64(statement_, next_, value.data(), value.size(), SQLITE_TRANSIENT)
                     : SQLITE_OK);
    return *this;
}

binder& binder::null() {
    check(statement_ ? sqlite3_bind_null(statement_, next_) : SQLITE_OK);
    return *this;
}

void binder::check(int code) {
    if (code != SQLITE_OK) owner_.fail(store_fault::corrupt, std::string("bind: ") + sqlite3_errstr(code));
    ++next_;
}

std::string reader::text() {
    const int column = next_++;
    const void* data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return data ? std::string(static_cast<const char*>(data), static_cast<std::size_t>(size)) : std::string();
}

request_id reader::id() {
    const int column = next_++;
    const auto* data = static_cast<const unsigned char*>(sqlite3_column_blob(statement_, column));
    if (sqlite3_column_bytes(statement_, column) != 16) {
        damaged("an id");
        return {};
    }
    return {load_big_endian(data), load_big_endian(data + 8)};
}

std::int64_t reader::number() { return sqlite3_column_int64(statement_, next_++); }

bool reader::skip_null() {
    if (sqlite3_column_type(statement_, next_) != SQLITE_NULL) return false;
    ++next_;
    return true;
}

std::optional<std::int64_t> reader::optional_number() {
    if (skip_null()) return std::nullopt;
    return number();
}

std::optional<std::string> reader::optional_text() {
    if (skip_null()) return std::nullopt;
    return text();
}

std::optional<request_id> reader::optional_id() {
    if (skip_null()) return std::nullopt;
    return id();
}

std::optional<instant> reader::optional_time() {
    if (skip_null()) return std::nullopt;
    return time();
}

void reader::damaged(const char* what) {
    owner_.fail(store_fault::corrupt, std::string("a stored row cannot be read: ") + what);
}

}
