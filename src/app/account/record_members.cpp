#include "record_members.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace tollgate::app {

namespace {

void skip_blanks(std::string_view json, std::size_t& at) {
    while (at < json.size() && (json[at] == ' ' || json[at] == '\n' || json[at] == '\t' || json[at] == '\r')) ++at;
}

bool take(std::string_view json, std::size_t& at, char expected) {
    skip_blanks(json, at);
    if (at >= json.size() || json[at] != expected) return false;
    ++at;
    return true;
}

// From an opening quote to behind the closing one.
bool skip_string(std::string_view json, std::size_t& at) {
    for (++at; at < json.size(); ++at) {
        if (json[at] == '\\')
            ++at;
        else if (json[at] == '"')
            return ++at, true;
    }
    return false;
}

bool skip_value(std::string_view json, std::size_t& at) {
    std::size_t depth = 0;
    while (at < json.size()) {
        const char c = json[at];
        if (c == '"') {
            if (!skip_string(json, at)) return false;
            if (depth == 0) return true;
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}')) return true;
        if (c == '{' || c == '[') ++depth;
        ++at;
        if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
}

std::string_view between_quotes(std::string_view json, std::size_t begin, std::size_t end) {
    return json.substr(begin + 1, end - begin - 2);
}

void append_utf8(std::string& out, std::uint32_t c) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c >= 0xd800 && c < 0xe000) c = 0xfffd; // our writer makes no surrogates
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xc0 | (c >> 6));
    } else {
        put(0xe0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3f));
    }
    put(0x80 | (c & 0x3f));
}

std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            out += text[at];
            continue;
        }
        const char c = text[++at];
        if (c == 'u' && at + 4 < text.size()) {
            std::uint32_t code = 0xfffd;
            std::from_chars(text.data() + at + 1, text.data() + at + 5, code, 16);
            append_utf8(out, code);
            at += 4;
            continue;
        }
        constexpr std::string_view names = "nrtbf", meanings = "\n\r\t\b\f";
        const std::size_t known = names.find(c);
        out += known == std::string_view::npos ? c : meanings[known];
    }
    return out;
}

}

bool each_member(std::string_view json, const std::function<void(std::string_view, std::string_view)>& visit) {
    std::size_t at = 0;
    if (!take(json, at, '{')) return false;
    if (take(json, at, '}')) return true;
    for (;;) {
        skip_blanks(json, at);
        const std::size_t name = at;
        if (at >= json.size() || json[at] != '"' || !skip_string(json, at)) return false;
        const std::string_view name_text = between_quotes(json, name, at);
        if (!take(json, at, ':')) return false;
        skip_blanks(json, at);
        const std::size_t value = at;
        if (!skip_value(json, at)) return false;
        visit(name_text, json.substr(value, at - value));
        if (take(json, at, '}')) return true;
        if (!take(json, at, ',')) return false;
    }
}

std::string text_member(std::string_view json, std::string_view name) {
    std::string out;
    each_member(json, [&](std::string_view found, std::string_view value) {
        if (found == name && value.size() >= 2 && value.front() == '"')
            out = unescape(value.substr(1, value.size() - 2));
    });
    return out;
}

}
