#include <tollgate/core/json_writer.hpp>

#include <tollgate/core/eight_bytes.hpp>

namespace tollgate {

namespace {

bool plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

std::size_t plain_run(std::string_view text) {
    std::size_t run = 0;
    while (run + 8 <= text.size() && !may_need_quoting(text.substr(run, 8))) run += 8;
    while (run < text.size() && plain(text[run])) ++run;
    return run;
}

// Length of the valid UTF-8 sequence at the start of `text`, or 0.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    if (lead == 0xe0 && byte(1) < 0xa0) return 0; // overlong
    if (lead == 0xed && byte(1) > 0x9f) return 0; // surrogate
    if (lead == 0xf0 && byte(1) < 0x90) return 0;
    if (lead == 0xf4 && byte(1) > 0x8f) return 0;
    return length;
}

void append_escaped(std::string& out, unsigned char c) {
    static constexpr char hex[] = "0123456789abcdef";
    switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: out.append("\\u00").append(1, hex[c >> 4]).append(1, hex[c & 15]); return;
    }
}

}

void append_json_string(std::string& out, std::string_view text) {
    if (!may_need_quoting(text)) { // nearly all are
        append_with(out, text.size() + 2, [&](char* at) {
            *at++ = '"';
            at = put(at, text);
            *at++ = '"';
            return at;
        });
        return;
    }
    out += '"';
    while (!text.empty()) {
        const std::size_t run = plain_run(text);
        out.append(text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty()) break;
        const auto c = static_cast<unsigned char>(text.front());
        const std::size_t length = c < 0x80 ? 1 : utf8_length(text);
        if (c < 0x80)
            append_escaped(out, c);
        else if (length == 0)
            out += "\\ufffd";
        else
            out.append(text.substr(0, length));
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

}
