#pragma once

// JSON text as it stands in a body: escapes, numbers and tokens, without building values.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tollgate::openai::json {

// `raw` is what stands between the quotes of a string.
bool valid_escapes(std::string_view raw);
// Decoded UTF-8; a lone surrogate becomes U+FFFD. Never longer than `raw`.
std::string unescape(std::string_view raw);
inline bool has_escapes(std::string_view raw) { return raw.find('\\') != std::string_view::npos; }

// Appends `text` as the inside of a JSON string.
void append_escaped(std::string& out, std::string_view text);
// With quotes.
std::string quoted(std::string_view text);

bool valid_number(std::string_view token);

enum class number_fault : std::uint8_t { not_a_number, negative, fractional, huge };
// The exact value of a JSON number that is a whole number ("100", "100.0", "1e2"), at most 18 digits.
std::expected<std::int64_t, number_fault> whole_number(std::string_view token);

// true, false, null and numbers. Strings are checked with valid_escapes.
bool valid_scalar(std::string_view token);

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
std::string_view trimmed(std::string_view text);

}
