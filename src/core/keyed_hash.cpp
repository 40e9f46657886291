#include <tollgate/core/keyed_hash.hpp>

#include <cstddef>
#include <cstring>

namespace tollgate {

namespace {

// Both halves of the 128-bit product, folded: every input bit reaches every output bit.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word(const char* at) {
    std::uint64_t out = 0;
    std::memcpy(&out, at, sizeof out);
    return out;
}

}

std::uint64_t keyed_hash(const hash_key& key, std::string_view text, std::uint64_t before) {
    constexpr std::size_t block = 16;
    std::uint64_t state = fold(before ^ key[0], key[1] | 1);
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= block; at += block, left -= block) state = fold(word(at) ^ key[0] ^ state, word(at + 8) ^ key[1]);
    std::array<char, block> rest{};
    if (left > 0) std::memcpy(rest.data(), at, left);
    state = fold(word(rest.data()) ^ key[0] ^ state, word(rest.data() + 8) ^ key[1]);
    return fold(state ^ text.size(), key[0] ^ key[1]);
}

}
