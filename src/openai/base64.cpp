#include "base64.hpp"

#include <cstdint>

namespace tollgate::openai {

namespace {

int digit_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

}

std::string decode_base64_head(std::string_view text, std::size_t bytes_max) {
    std::string out;
    std::uint32_t bits = 0;
    int filled = 0;
    for (std::size_t i = 0; i < text.size() && out.size() < bytes_max; ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '/') continue;
        const int digit = digit_of(text[i]);
        if (digit < 0) break;
        bits = (bits << 6) | static_cast<std::uint32_t>(digit);
        filled += 6;
        if (filled < 8) continue;
        filled -= 8;
        out.push_back(static_cast<char>((bits >> filled) & 0xFF));
    }
    return out;
}

}
