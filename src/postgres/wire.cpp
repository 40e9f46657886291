#include "wire.hpp"

#include <tollgate/core/assert.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace tollgate::postgres {

namespace {

constexpr std::int64_t epoch_2000_us = 946'684'800'000'000;
constexpr std::size_t array_header = 20;

template <class Unsigned>
void append_big_endian(std::string& out, Unsigned value) {
    std::array<char, sizeof(Unsigned)> wire{};
    put_big_endian(wire.data(), value);
    out.append(wire.data(), wire.size());
}

std::uint64_t load(std::string_view bytes) {
    if (bytes.size() == 8) {
        std::uint64_t wire = 0;
        std::memcpy(&wire, bytes.data(), 8);
        return std::byteswap(wire);
    }
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

std::uint32_t type_id(store::column_type type) {
    using enum store::column_type;
    switch (type) {
    case text: return 25;
    case id: return 2950;
    case number: return 20;
    case flag: return 16;
    case time: return 1184;
    case bytes: return 17;
    case day: return 1082;
    }
    TG_ASSERT(false);
}

// Eight bytes at a time: this is done for every text of every row. The last eight overlap those before them.
bool plain_ascii(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101, tops = 0x8080'8080'8080'8080;
    const auto suspect = [](std::uint64_t word) {
        return word | (word - ones);
    }; // a top bit: not ASCII, or a zero byte
    std::uint64_t found = 0, word = ones;
    if (text.empty()) return true;
    if (text.size() < 8) {
        std::memcpy(&word, text.data(), text.size());
        return (suspect(word) & tops) == 0;
    }
    for (std::size_t i = 0; i + 8 <= text.size(); i += 8) {
        std::memcpy(&word, text.data() + i, 8);
        found |= suspect(word);
    }
    std::memcpy(&word, text.data() + text.size() - 8, 8);
    return ((found | suspect(word)) & tops) == 0;
}

// Length of the valid UTF-8 sequence at the front of `text`; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = at(0);
    if (first == 0) return 0;
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((at(i) & 0xc0) != 0x80) return 0;
    const unsigned char second = at(1);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool outside = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    return overlong || outside ? 0 : size;
}

// PostgreSQL refuses text that is not UTF-8 or holds a zero byte, and would refuse the whole batch with it. Such a byte
// b is stored as the private character U+F700 + b, and those characters byte by byte, so that reading gives back what
// was put.
bool is_escape(std::string_view text) {
    return text.size() >= 3 && text[0] == '\xef' && text[1] >= '\x9c' && text[1] <= '\x9f';
}

std::string escaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = is_escape(text) ? 0 : sequence_length(text);
        if (size > 0) {
            out.append(text.substr(0, size));
        } else {
            const auto byte = static_cast<unsigned char>(text.front());
            out += '\xef';
            out += static_cast<char>(0x9c | byte >> 6);
            out += static_cast<char>(0x80 | (byte & 0x3f));
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

std::string unescaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const bool escape = is_escape(text);
        out += escape ? static_cast<char>((text[1] & 0x03) << 6 | (text[2] & 0x3f)) : text.front();
        text.remove_prefix(escape ? 3 : 1);
    }
    return out;
}

std::uint64_t wire_time(instant value) { return static_cast<std::uint64_t>(value.us - epoch_2000_us); }

}

// ---- arrays -----------------------------------------------------------------------------------------------------

void growing_bytes::make_room(std::size_t count) {
    constexpr std::size_t first = 256;
    const std::size_t capacity = std::max({first, 2 * capacity_, size_ + count});
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
}

arrays::arrays(std::span<const store::column> columns) { add_columns(columns); }

void arrays::add_columns(std::span<const store::column> columns) {
    for (const store::column& each : columns) {
        column_buffer& added = columns_.emplace_back();
        added.type = type_id(each.type);
        added.bytes.add(array_header);
    }
    out_.values.resize(columns_.size());
    out_.lengths.resize(columns_.size());
    out_.formats.assign(columns_.size(), 1);
}

void arrays::clear() {
    for (column_buffer& each : columns_) {
        each.bytes.shrink(array_header);
        each.nulls = false;
    }
    at_ = rows_ = 0;
}

const parameters& arrays::finish() {
    TG_ASSERT(at_ == 0);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        column_buffer& each = columns_[i];
        char* head = each.bytes.data();
        put_big_endian(head, std::uint32_t{1}); // dimensions
        put_big_endian(head + 4, std::uint32_t{each.nulls ? 1u : 0u});
        put_big_endian(head + 8, each.type);
        put_big_endian(head + 12, static_cast<std::uint32_t>(rows_));
        put_big_endian(head + 16, std::uint32_t{1}); // lower bound
        out_.values[i] = head;
        out_.lengths[i] = static_cast<int>(each.bytes.size());
    }
    return out_;
}

arrays& arrays::text(std::string_view value) {
    std::string safe;
    if (!plain_ascii(value)) value = safe = escaped(value);
    char* const out = element(static_cast<std::uint32_t>(value.size()));
    if (!value.empty()) std::memcpy(out, value.data(), value.size());
    return *this;
}

arrays& arrays::id(request_id value) {
    char* const out = element(16);
    put_big_endian(out, value.high());
    put_big_endian(out + 8, value.low());
    return *this;
}

arrays& arrays::time(instant value) {
    put_big_endian(element(8), wire_time(value));
    return *this;
}

arrays& arrays::bytes(std::span<const std::uint8_t> value) {
    char* const out = element(static_cast<std::uint32_t>(value.size()));
    if (!value.empty()) std::memcpy(out, value.data(), value.size());
    return *this;
}

arrays& arrays::day(std::int32_t days_since_2000) {
    put_big_endian(element(4), static_cast<std::uint32_t>(days_since_2000));
    return *this;
}

arrays& arrays::null() {
    column_buffer& at = columns_[at_];
    put_big_endian(at.bytes.add(4), 0xffff'ffffu);
    at.nulls = true;
    next();
    return *this;
}

// ---- scalars ----------------------------------------------------------------------------------------------------

const parameters& scalars::finish() {
    out_ = {};
    for (const auto& value : values_) {
        out_.values.push_back(value ? value->data() : nullptr);
        out_.lengths.push_back(value ? static_cast<int>(value->size()) : 0);
        out_.formats.push_back(1);
    }
    return out_;
}

scalars& scalars::text(std::string_view value) {
    values_.emplace_back(plain_ascii(value) ? std::string(value) : escaped(value));
    return *this;
}

scalars& scalars::id(request_id value) {
    std::string& out = values_.emplace_back(std::in_place).value();
    append_big_endian(out, value.high());
    append_big_endian(out, value.low());
    return *this;
}

scalars& scalars::number(std::int64_t value) {
    append_big_endian(values_.emplace_back(std::in_place).value(), static_cast<std::uint64_t>(value));
    return *this;
}

scalars& scalars::flag(bool value) {
    values_.emplace_back(std::string(1, value ? '\1' : '\0'));
    return *this;
}

scalars& scalars::time(instant value) {
    append_big_endian(values_.emplace_back(std::in_place).value(), wire_time(value));
    return *this;
}

scalars& scalars::bytes(std::span<const std::uint8_t> value) {
    values_.emplace_back(std::string(value.begin(), value.end()));
    return *this;
}

scalars& scalars::day(std::int32_t days_since_2000) {
    append_big_endian(values_.emplace_back(std::in_place).value(), static_cast<std::uint32_t>(days_since_2000));
    return *this;
}

scalars& scalars::null() {
    values_.emplace_back(std::nullopt);
    return *this;
}

// ---- reader -----------------------------------------------------------------------------------------------------

std::string_view reader::next() {
    const int column = column_++;
    return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

bool reader::skip_null() {
    if (PQgetisnull(result_, row_, column_) == 0) return false;
    ++column_;
    return true;
}

std::string reader::text() {
    const std::string_view stored = next();
    return stored.find('\xef') == stored.npos ? std::string(stored) : unescaped(stored);
}

std::string reader::bytes() { return std::string(next()); }

request_id reader::id() {
    const std::string_view bytes = next();
    if (bytes.size() != 16) {
        damaged("an id");
        return {};
    }
    return {load(bytes.substr(0, 8)), load(bytes.substr(8))};
}

std::int64_t reader::number() {
    const std::string_view bytes = next();
    switch (bytes.size()) {
    case 2: return static_cast<std::int16_t>(load(bytes));
    case 4: return static_cast<std::int32_t>(load(bytes));
    case 8: return static_cast<std::int64_t>(load(bytes));
    default: damaged("a number"); return 0;
    }
}

bool reader::flag() { return load(next()) != 0; }
instant reader::time() { return {number() + epoch_2000_us}; }

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

// ---- types ------------------------------------------------------------------------------------------------------

std::int32_t month_of(request_id id) {
    using namespace std::chrono;
    const auto day = floor<days>(sys_time<milliseconds>(milliseconds(id.unix_ms())));
    const year_month_day date(day);
    const sys_days first(date.year() / date.month() / 1);
    return static_cast<std::int32_t>((first - sys_days(year(2000) / 1 / 1)).count());
}

std::string_view array_type(store::column_type type) {
    using enum store::column_type;
    switch (type) {
    case text: return "text[]";
    case id: return "uuid[]";
    case number: return "bigint[]";
    case flag: return "boolean[]";
    case time: return "timestamptz[]";
    case bytes: return "bytea[]";
    case day: return "date[]";
    }
    TG_ASSERT(false);
}

}
