#include "json_text.hpp"

#include <algorithm>

namespace tollgate::openai::json {

namespace {

constexpr std::size_t whole_digits_max = 18;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Four hex digits at `at`, or -1.
int hex_quad(std::string_view raw, std::size_t at) {
    if (raw.size() < at + 4) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        const int digit = hex_value(raw[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

void append_utf8(std::string& out, unsigned code) {
    const auto push = [&](unsigned byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) return push(code);
    if (code < 0x800) {
        push(0xC0 | (code >> 6));
    } else {
        if (code < 0x10000) {
            push(0xE0 | (code >> 12));
        } else {
            push(0xF0 | (code >> 18));
            push(0x80 | ((code >> 12) & 0x3F));
        }
        push(0x80 | ((code >> 6) & 0x3F));
    }
    push(0x80 | (code & 0x3F));
}

char simple_escape(char c) {
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c; // quote, backslash, slash
    }
}

// Decodes `\uXXXX` (and the low surrogate behind a high one) whose four digits start at `at`; returns how far it read.
std::size_t append_unicode_escape(std::string& out, std::string_view raw, std::size_t at) {
    const int first = hex_quad(raw, at);
    if (first < 0) return at;
    const bool high = first >= 0xD800 && first < 0xDC00;
    if (high && raw.substr(at + 4, 2) == "\\u") {
        const int second = hex_quad(raw, at + 6);
        if (second >= 0xDC00 && second < 0xE000) {
            append_utf8(out, 0x10000U + ((static_cast<unsigned>(first) - 0xD800U) << 10) +
                                 (static_cast<unsigned>(second) - 0xDC00U));
            return at + 10;
        }
    }
    const bool lone = first >= 0xD800 && first < 0xE000;
    append_utf8(out, lone ? 0xFFFDU : static_cast<unsigned>(first));
    return at + 4;
}

// The parts of a JSON number.
struct number_parts {
    bool negative = false;
    std::string_view whole, fraction, exponent; // exponent with its sign
};

std::string_view take_digits(std::string_view& text) {
    const auto end = std::ranges::find_if_not(text, is_digit);
    const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    return digits;
}

bool split_number(std::string_view text, number_parts& out) {
    if (text.starts_with('-')) {
        out.negative = true;
        text.remove_prefix(1);
    }
    out.whole = take_digits(text);
    if (out.whole.empty() || (out.whole.size() > 1 && out.whole[0] == '0')) return false;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        out.fraction = take_digits(text);
        if (out.fraction.empty()) return false;
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        const std::string_view from = text;
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
        const std::string_view digits = take_digits(text);
        if (digits.empty()) return false;
        out.exponent = from.substr(0, from.size() - text.size());
    }
    return text.empty();
}

// Saturates: an exponent beyond 4 digits decides nothing more.
int exponent_value(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    int value = 0;
    for (const char c : text) value = std::min(value * 10 + (c - '0'), 100'000);
    return negative ? -value : value;
}

}

bool valid_escapes(std::string_view raw) {
    for (std::size_t i = raw.find('\\'); i != std::string_view::npos; i = raw.find('\\', i)) {
        if (i + 1 >= raw.size()) return false;
        const char c = raw[i + 1];
        if (c == 'u') {
            if (hex_quad(raw, i + 2) < 0) return false;
            i += 6;
        } else {
            if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) return false;
            i += 2;
        }
    }
    return true;
}

std::string unescape(std::string_view raw) {
    std::string out;
    out.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size();) {
        const std::size_t next = std::min(raw.find('\\', i), raw.size());
        out.append(raw, i, next - i);
        i = next + 2;
        if (next + 1 >= raw.size()) break;
        const char c = raw[next + 1];
        if (c == 'u')
            i = append_unicode_escape(out, raw, next + 2);
        else
            out.push_back(simple_escape(c));
    }
    return out;
}

void append_escaped(std::string& out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20) {
            out += "\\u00";
            out.push_back(hex[byte >> 4]);
            out.push_back(hex[byte & 0xF]);
        } else {
            out.push_back(c);
        }
    }
}

std::string quoted(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    out.push_back('"');
    append_escaped(out, text);
    out.push_back('"');
    return out;
}

bool valid_number(std::string_view token) {
    number_parts parts;
    return split_number(token, parts);
}

namespace {

// As counts are nearly always written: digits, few enough for 64 bits, the first of them not a zero.
bool is_plain_count(std::string_view token) {
    return !token.empty() && token.size() <= whole_digits_max && (token[0] != '0' || token.size() == 1) &&
           std::ranges::all_of(token, is_digit);
}

std::int64_t value_of(std::string_view digits) {
    std::int64_t value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
}

}

std::expected<std::int64_t, number_fault> whole_number(std::string_view token) {
    if (is_plain_count(token)) return value_of(token);
    number_parts parts;
    if (!split_number(token, parts)) return std::unexpected(number_fault::not_a_number);

    // value = digits x 10^shift, with neither leading nor trailing zeros left in `digits`
    std::string digits(parts.whole);
    digits += parts.fraction;
    int shift = exponent_value(parts.exponent) - static_cast<int>(parts.fraction.size());
    while (!digits.empty() && digits.back() == '0') {
        digits.pop_back();
        ++shift;
    }
    digits.erase(0, digits.find_first_not_of('0'));
    if (digits.empty()) return 0;
    if (parts.negative) return std::unexpected(number_fault::negative);
    if (shift < 0) return std::unexpected(number_fault::fractional);
    if (digits.size() + static_cast<std::size_t>(shift) > whole_digits_max) return std::unexpected(number_fault::huge);

    std::int64_t value = value_of(digits);
    for (; shift > 0; --shift) value *= 10;
    return value;
}

bool valid_scalar(std::string_view token) {
    if (token.empty()) return false;
    if (token == "true" || token == "false" || token == "null") return true;
    return valid_number(token);
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

}
