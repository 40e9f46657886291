#include <tollgate/core/ids.hpp>

namespace tollgate {

namespace {

constexpr std::string_view prefix = "req_";
constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t count = 26; // 26 x 5 bits = 130: the first digit carries three bits

constexpr int value_of(char c) {
    const auto at = alphabet.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}

std::array<char, 30> request_id::digits() const {
    std::array<char, prefix.size() + count> out;
    prefix.copy(out.data(), prefix.size());
    auto rest = (static_cast<unsigned __int128>(high_) << 64) | low_;
    for (std::size_t i = out.size(); i > prefix.size(); rest >>= 5)
        out[--i] = alphabet[static_cast<std::size_t>(rest & 31)];
    return out;
}

std::string request_id::text() const {
    const auto all = digits();
    return {all.data(), all.size()};
}

std::optional<request_id> request_id::parse(std::string_view text) {
    if (text.size() != prefix.size() + count || !text.starts_with(prefix)) return std::nullopt;
    text.remove_prefix(prefix.size());
    if (value_of(text.front()) > 7) return std::nullopt;
    unsigned __int128 value = 0;
    for (const char c : text) {
        const int digit = value_of(c);
        if (digit < 0) return std::nullopt;
        value = (value << 5) | static_cast<unsigned>(digit);
    }
    return request_id(static_cast<std::uint64_t>(value >> 64), static_cast<std::uint64_t>(value));
}

}
