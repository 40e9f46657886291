#include <tollgate/core/keyed_hash.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tollgate {

namespace {

constexpr hash_key key{0x243F6A8885A308D3, 0x13198A2E03707344};

}

TEST(keyed_hash, differs_for_every_bit_and_every_length) {
    std::set<std::uint64_t> seen;
    std::size_t texts = 0;
    for (std::size_t size = 0; size <= 67; ++size) {
        const std::string text(size, '\0');
        seen.insert(keyed_hash(key, text));
        texts += 1;
        for (std::size_t bit = 0; bit < size * 8; ++bit) {
            std::string changed = text;
            changed[bit / 8] = static_cast<char>(1U << (bit % 8));
            seen.insert(keyed_hash(key, changed));
            texts += 1;
        }
    }
    EXPECT_EQ(seen.size(), texts);
}

TEST(keyed_hash, is_another_under_another_key_and_in_another_order) {
    EXPECT_EQ(keyed_hash(key, "text"), keyed_hash(key, "text"));
    EXPECT_NE(keyed_hash(key, "text"), keyed_hash({key[0], key[1] + 2}, "text"));
    EXPECT_NE(keyed_hash(key, "text"), keyed_hash({key[0] + 1, key[1]}, "text"));
    EXPECT_NE(keyed_hash(key, "b", keyed_hash(key, "a")), keyed_hash(key, "a", keyed_hash(key, "b")));
    EXPECT_NE(keyed_hash(key, "bc", keyed_hash(key, "a")), keyed_hash(key, "c", keyed_hash(key, "ab")));
}

// A flipped bit of the input flips each bit of the output about every second time.
TEST(keyed_hash, spreads_every_bit) {
    std::array<int, 64> flips{};
    int pairs = 0;
    for (int i = 0; i < 200; ++i) {
        const std::string text = "{\"model\":\"m\",\"messages\":[" + std::to_string(i) + "]}";
        for (std::size_t at = 0; at < text.size(); ++at) {
            std::string changed = text;
            changed[at] ^= 1;
            const std::uint64_t difference = keyed_hash(key, text) ^ keyed_hash(key, changed);
            for (std::size_t bit = 0; bit < 64; ++bit) flips[bit] += static_cast<int>((difference >> bit) & 1);
            pairs += 1;
        }
    }
    for (const int n : flips) EXPECT_NEAR(n, pairs / 2, pairs / 10);
}

}
