#pragma once

// PostgreSQL's binary format: the Out and the In of store/rows.hpp. Buffers are kept between batches.

#include <tollgate/core/ids.hpp>
#include <tollgate/core/time.hpp>
#include <tollgate/store/rows.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
struct pg_result;
}

namespace tollgate::postgres {

// What libpq wants of the parameters of one statement: addresses, lengths, all of them binary.
struct parameters {
    std::vector<const char*> values;
    std::vector<int> lengths, formats;
};

template <class Unsigned>
void put_big_endian(char* out, Unsigned value) {
    const Unsigned wire = std::byteswap(value);
    std::memcpy(out, &wire, sizeof wire);
}

// Bytes at the end of which others are written, in place: a batch writes some hundred numbers a request.
class growing_bytes {
public:
    char* add(std::size_t count) {
        if (capacity_ - size_ < count) make_room(count);
        char* const at = data_.get() + size_;
        size_ += count;
        return at;
    }
    void shrink(std::size_t size) { size_ = size; }
    char* data() { return data_.get(); }
    std::size_t size() const { return size_; }

private:
    void make_room(std::size_t count);

    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0, capacity_ = 0;
};

// Rows as one array a column, for `unnest`. A row is written column by column; it wraps to the next by itself.
class arrays {
public:
    explicit arrays(std::span<const store::column> columns);
    void add_columns(std::span<const store::column> columns);

    void clear();
    std::size_t rows() const { return rows_; }
    bool empty() const { return rows_ == 0; }
    const parameters& finish(); // valid until the next change

    arrays& text(std::string_view value);
    arrays& id(request_id value);
    arrays& number(std::int64_t value) {
        put_big_endian(element(8), static_cast<std::uint64_t>(value));
        return *this;
    }
    arrays& flag(bool value) {
        *element(1) = value ? '\1' : '\0';
        return *this;
    }
    arrays& time(instant value);
    arrays& bytes(std::span<const std::uint8_t> value);
    arrays& day(std::int32_t days_since_2000);
    arrays& optional_number(std::optional<std::int64_t> value) { return value ? number(*value) : null(); }
    arrays& optional_text(std::optional<std::string_view> value) { return value ? text(*value) : null(); }
    arrays& optional_id(std::optional<request_id> value) { return value ? id(*value) : null(); }
    arrays& optional_time(std::optional<instant> value) { return value ? time(*value) : null(); }
    arrays& null();

private:
    struct column_buffer {
        growing_bytes bytes;
        std::uint32_t type = 0;
        bool nulls = false;
    };
    // Where the next element's bytes go, after its length.
    char* element(std::uint32_t size) {
        char* const at = columns_[at_].bytes.add(4 + std::size_t{size});
        put_big_endian(at, size);
        next();
        return at + 4;
    }
    void next() {
        if (++at_ < columns_.size()) return;
        at_ = 0;
        ++rows_;
    }

    std::vector<column_buffer> columns_;
    std::size_t at_ = 0, rows_ = 0;
    parameters out_;
};

// Single values, one a parameter.
class scalars {
public:
    const parameters& finish();

    scalars& text(std::string_view value);
    scalars& id(request_id value);
    scalars& number(std::int64_t value);
    scalars& flag(bool value);
    scalars& time(instant value);
    scalars& bytes(std::span<const std::uint8_t> value);
    scalars& day(std::int32_t days_since_2000);
    scalars& optional_number(std::optional<std::int64_t> value) { return value ? number(*value) : null(); }
    scalars& optional_text(std::optional<std::string_view> value) { return value ? text(*value) : null(); }
    scalars& optional_id(std::optional<request_id> value) { return value ? id(*value) : null(); }
    scalars& optional_time(std::optional<instant> value) { return value ? time(*value) : null(); }
    scalars& null();

private:
    std::vector<std::optional<std::string>> values_;
    parameters out_;
};

// Reads the columns of one row of a binary result from left to right.
class reader {
public:
    reader(const pg_result* result, int row) : result_(result), row_(row) {}

    std::string text();
    std::string bytes();
    request_id id();
    std::int64_t number(); // smallint, integer or bigint
    bool flag();
    instant time();
    std::optional<std::int64_t> optional_number();
    std::optional<std::string> optional_text();
    std::optional<request_id> optional_id();
    std::optional<instant> optional_time();
    void damaged(const char* what) { fault_ = fault_ ? fault_ : what; }
    const char* fault() const { return fault_; } // null: all read well

private:
    std::string_view next();
    bool skip_null();

    const pg_result* result_;
    int row_, column_ = 0;
    const char* fault_ = nullptr;
};

// The first day of the month that `id` was made in, as days since 2000-01-01.
std::int32_t month_of(request_id id);

// "text[]" and so on, the parameter types of `unnest`.
std::string_view array_type(store::column_type type);

}
