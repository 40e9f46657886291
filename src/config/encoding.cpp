// What a file must be before it is parsed: UTF-8 text. And JSON's way to write characters beyond the first plane.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::config {

std::optional<std::string> encoding_fault(std::string_view text);
std::string join_surrogates(std::string_view text);

namespace {

// Length of the well-formed UTF-8 sequence at the start, or 0.
std::size_t sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0; // longer than needed
    if (first == 0xED && byte(1) > 0x9F) return 0; // half of a surrogate pair
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0; // past U+10FFFF
    return length;
}

std::optional<std::uint32_t> hex4(std::string_view text) {
    if (text.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text.substr(0, 4)) {
        const auto digit =
            std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
        if (digit == std::string_view::npos) return std::nullopt;
        value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
}

// The character of "\uD83D\uDE00", whose backslash stands at the start.
std::optional<std::uint32_t> surrogate_pair(std::string_view text) {
    if (text.size() < 12 || !text.starts_with("\\u") || !text.substr(6).starts_with("\\u")) return std::nullopt;
    const auto high = hex4(text.substr(2)), low = hex4(text.substr(8));
    if (!high || !low || *high < 0xD800 || *high > 0xDBFF || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
    return 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
}

void append_utf8(std::string& out, std::uint32_t beyond_first_plane) {
    const auto part = [&](int shift, std::uint32_t mark) {
        out.push_back(static_cast<char>(mark | ((beyond_first_plane >> shift) & 0x3F)));
    };
    part(18, 0xF0), part(12, 0x80), part(6, 0x80), part(0, 0x80);
}

bool is_json(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

}

std::optional<std::string> encoding_fault(std::string_view text) {
    std::size_t line = 1;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequence(text.substr(at));
        if (length == 0) return "line " + std::to_string(line) + " is not UTF-8";
        const char c = text[at];
        const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
        if (control || c == 0x7F) return "line " + std::to_string(line) + " holds a control character";
        line += c == '\n';
        at += length;
    }
    return std::nullopt;
}

std::string join_surrogates(std::string_view text) {
    if (!is_json(text) || text.find("\\u") == std::string_view::npos) return std::string(text);
    std::string out;
    while (!text.empty()) {
        const auto at = text.find('\\');
        out.append(text.substr(0, at));
        if (at == std::string_view::npos) break;
        text.remove_prefix(at);
        if (const auto character = surrogate_pair(text)) {
            append_utf8(out, *character);
            text.remove_prefix(12);
        } else {
            out.append(text.substr(0, 2)); // the escaped character goes with its backslash
            text.remove_prefix(std::min<std::size_t>(2, text.size()));
        }
    }
    return out;
}

}
