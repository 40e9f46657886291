#include "token_ranks.hpp"

#include <tollgate/core/assert.hpp>

#include <algorithm>
#include <cstring>

// Written by scripts/pack_ranks.mjs.
__asm__(".section .rodata\n"
        ".balign 16\n"
        ".type tollgate_o200k_begin, @object\n"
        "tollgate_o200k_begin:\n"
        ".incbin \"" TOLLGATE_DATA_DIR "/o200k_base.bin\"\n"
        ".type tollgate_o200k_end, @object\n"
        "tollgate_o200k_end:\n"
        ".byte 0\n"
        ".previous\n");

extern "C" {
extern const char tollgate_o200k_begin[];
extern const char tollgate_o200k_end[];
}

namespace tollgate::openai {

namespace {

constexpr std::string_view magic = "TGBPE001";
constexpr std::size_t slots = 1U << 19; // for 200 thousand tokens

std::uint64_t load(const char* from, std::size_t size) {
    std::uint64_t out = 0;
    std::memcpy(&out, from, size);
    return out;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t hash_of(std::string_view text) {
    constexpr std::uint64_t odd = 0x9E3779B97F4A7C15;
    std::uint64_t out = text.size() * odd;
    while (text.size() > 8) {
        out = mix(out ^ load(text.data(), 8), odd);
        text.remove_prefix(8);
    }
    return mix(out ^ load(text.data(), text.size()), odd);
}

std::size_t pair_index(std::string_view token) {
    return static_cast<std::size_t>(static_cast<unsigned char>(token[0])) << 8 | static_cast<unsigned char>(token[1]);
}

}

token_ranks::token_ranks(std::string_view packed) : packed_(packed), slots_(slots), pairs_(0x10000, none) {
    TG_ASSERT(packed.starts_with(magic));
    const auto count = static_cast<std::uint32_t>(load(packed.data() + magic.size(), 4));
    places_.reserve(count);
    std::size_t at = magic.size() + 4;
    for (std::uint32_t rank = 0; rank < count; ++rank) {
        const auto size = static_cast<std::uint8_t>(packed[at]);
        places_.push_back({static_cast<std::uint32_t>(at + 1), size});
        insert(packed.substr(at + 1, size), rank);
        at += 1U + size;
    }
    TG_ASSERT(at == packed.size());
}

const token_ranks& token_ranks::o200k() {
    static const token_ranks ranks(
        {tollgate_o200k_begin, static_cast<std::size_t>(tollgate_o200k_end - tollgate_o200k_begin)});
    return ranks;
}

void token_ranks::insert(std::string_view token, std::uint32_t rank) {
    token_bytes_max_ = std::max(token_bytes_max_, token.size());
    if (token.size() == 2) pairs_[pair_index(token)] = rank;
    const std::uint64_t hash = hash_of(token);
    std::size_t i = hash % slots;
    while (slots_[i].rank != none) i = (i + 1) % slots;
    slots_[i] = {static_cast<std::uint32_t>(hash >> 32), rank};
}

std::uint32_t token_ranks::find(std::string_view token) const {
    if (token.size() == 2) return pairs_[pair_index(token)];
    if (token.size() > token_bytes_max_) return none;
    const std::uint64_t hash = hash_of(token);
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t i = hash % slots; slots_[i].rank != none; i = (i + 1) % slots)
        if (slots_[i].tag == tag && at(slots_[i].rank) == token) return slots_[i].rank;
    return none;
}

}
