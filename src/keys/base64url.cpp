#include "base64url.hpp"

#include <tollgate/core/assert.hpp>

namespace tollgate::keys {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static_assert(digits.size() == 64);

}

std::string to_base64url(std::span<const std::uint8_t> bytes) {
    TG_ASSERT(bytes.size() % 3 == 0);
    std::string out;
    out.reserve(bytes.size() / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::uint32_t three = (std::uint32_t{bytes[i]} << 16) | (std::uint32_t{bytes[i + 1]} << 8) | bytes[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) out += digits[(three >> shift) & 63];
    }
    return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::uint32_t three = 0;
        for (std::size_t j = i; j < i + 4; ++j) {
            const std::size_t digit = digits.find(text[j]);
            if (digit == std::string_view::npos) return std::nullopt;
            three = (three << 6) | static_cast<std::uint32_t>(digit);
        }
        for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>((three >> shift) & 255);
    }
    return out;
}

}
