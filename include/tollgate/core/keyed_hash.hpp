#pragma once

// A fast 64-bit hash under a secret key: who does not know the key cannot find texts that collide. Not for signatures.

#include <array>
#include <cstdint>
#include <string_view>

namespace tollgate {

using hash_key = std::array<std::uint64_t, 2>;

// Chain calls over several texts: `hash(key, b, hash(key, a))`; the length of each is part of it.
std::uint64_t keyed_hash(const hash_key& key, std::string_view text, std::uint64_t before = 0);

}
