#pragma once

// From tree to typed values. A kind of object is a table of fields: the same table reads the file, refuses unknown
// keys, suggests the nearest one and is compared with the JSON Schema.

#include <tollgate/config/node.hpp>
#include <tollgate/core/money.hpp>
#include <tollgate/core/time.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::config {

struct context {
    std::vector<problem>& errors;
    std::vector<problem>& warnings;
    void error(const node& where, std::string message);
    void warn(const node& where, std::string message);
    void error_at_key(const node& map, const node::member& where, std::string message);
};

template <class T>
struct field {
    std::string_view key;
    void (*read)(node& value, T& into, context& at);
    bool may_be_empty = false; // "server:" with nothing below it
};

namespace detail {
template <auto Member>
struct owner;
template <class T, class M, M T::* Member>
struct owner<Member> {
    using type = T;
};
}

// A field that one reader fills: bind<&server_settings::threads, read_count<0, 1024>>("threads").
template <auto Member, auto Read>
constexpr auto bind(std::string_view key) {
    using object = typename detail::owner<Member>::type;
    return field<object>{key, [](node& value, object& into, context& at) {
                             if (auto got = Read(value, at)) into.*Member = std::move(*got);
                         }};
}

// "unknown key `x`; did you mean `y`?" and "`x` has no value".
void refuse_unknown(const node& map, const node::member& found, std::span<const std::string_view> known, context& at);
void refuse_empty(const node& map, const node::member& found, context& at);
bool is_map(const node& value, context& at);
bool require(const node& map, std::string_view key, context& at);

template <class T>
void read_object(node& from, std::span<const field<T>> fields, T& into, context& at) {
    if (!is_map(from, at)) return;
    for (node::member& found : from.members) {
        const auto known = std::ranges::find(fields, std::string_view(found.key), &field<T>::key);
        if (known == fields.end()) {
            std::vector<std::string_view> keys;
            for (const field<T>& f : fields) keys.push_back(f.key);
            refuse_unknown(from, found, keys, at);
        } else if (found.value.what == node::kind::null) {
            if (!known->may_be_empty) refuse_empty(from, found, at);
        } else if (!found.value.broken) {
            known->read(found.value, into, at);
        }
    }
}

template <class T, std::size_t N>
void read_object(node& from, const field<T> (&fields)[N], T& into, context& at) {
    read_object(from, std::span<const field<T>>(fields), into, at);
}

// A member that is an object of its own.
template <auto Member, const auto& Fields>
constexpr auto nest(std::string_view key) {
    using object = typename detail::owner<Member>::type;
    return field<object>{
        key, [](node& value, object& into, context& at) { read_object(value, Fields, into.*Member, at); }, true};
}

// --- scalars; each reports what is wrong and yields nothing ---
std::optional<std::string> read_text(node& value, context& at); // may be empty
std::optional<std::string> read_name(node& value, context& at); // 1..128 bytes, no control characters
std::optional<std::string> read_id(node& value, context& at);   // the same of letters, digits and . _ : @ / + = -
std::optional<bool> read_flag(node& value, context& at);
std::optional<usd_nano> read_money(node& value, context& at);    // USD, zero or more
std::optional<std::int64_t> read_rate(node& value, context& at); // USD per million -> nano-USD per million
std::optional<std::int64_t> read_thousandths(node& value, std::int64_t max, context& at);
std::optional<std::int64_t> read_integer(node& value, std::int64_t min, std::int64_t max, context& at);
std::optional<std::uint32_t> read_duration(node& value, std::uint32_t min_ms, std::uint32_t max_ms, context& at);
std::optional<std::uint64_t> read_bytes(node& value, std::uint64_t min, std::uint64_t max, context& at);
std::optional<instant> read_instant(node& value, context& at);
std::optional<std::vector<std::string>> read_names(node& value, context& at); // one name or a list of different ones

template <std::int64_t Min, std::int64_t Max, class Integer = std::int64_t>
std::optional<Integer> read_count(node& value, context& at) {
    static_assert(Max <= static_cast<std::int64_t>(std::numeric_limits<Integer>::max()));
    const auto got = read_integer(value, Min, Max, at);
    if (!got) return std::nullopt;
    return static_cast<Integer>(*got);
}

template <std::uint32_t MinMs, std::uint32_t MaxMs>
std::optional<std::uint32_t> read_ms(node& value, context& at) {
    return read_duration(value, MinMs, MaxMs, at);
}

template <std::int64_t Max = 1'000'000>
std::optional<std::int32_t> read_permille(node& value, context& at) {
    static_assert(Max <= std::numeric_limits<std::int32_t>::max());
    const auto got = read_thousandths(value, Max, at);
    if (!got) return std::nullopt;
    return static_cast<std::int32_t>(*got);
}

template <class E>
struct choice {
    std::string_view name;
    E value;
};

// "must be one of a, b, c"; suggests the nearest.
void refuse_choice(const node& value, std::span<const std::string_view> names, context& at);

template <const auto& Choices>
auto read_choice(node& value, context& at) -> std::optional<decltype(Choices[0].value)> {
    std::vector<std::string_view> names;
    for (const auto& one : Choices) {
        if (value.what == node::kind::scalar && value.text == one.name) return one.value;
        names.push_back(one.name);
    }
    refuse_choice(value, names, at);
    return std::nullopt;
}

// The known name nearest to `given`, or empty when none is near.
std::string_view nearest(std::string_view given, std::span<const std::string_view> known);

}
