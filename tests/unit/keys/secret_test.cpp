#include <tollgate/core/constant_time.hpp>
#include <tollgate/keys/secret.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace tollgate::keys {

namespace {

std::string hex_of(const store::key_hash& hash) {
    static constexpr char hex[] = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t byte : hash) out.append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    return out;
}

}

TEST(secret, is_a_prefix_and_letters_that_every_shell_takes) {
    const std::string secret = make_secret();
    EXPECT_TRUE(secret.starts_with("sk-tg-"));
    EXPECT_EQ(secret.size(), default_prefix.size() + random_digits + check_digits);
    EXPECT_TRUE(
        std::ranges::all_of(secret.substr(6), [](char c) { return std::isalnum(static_cast<unsigned char>(c)); }));
    EXPECT_TRUE(make_secret("acme_").starts_with("acme_"));
}

TEST(secret, never_comes_twice_and_uses_every_digit) {
    std::set<std::string> seen;
    std::array<int, 256> digits{};
    for (int i = 0; i < 2000; ++i) {
        const std::string secret = make_secret();
        EXPECT_TRUE(seen.insert(secret).second);
        for (const char c : secret.substr(6, random_digits)) digits[static_cast<unsigned char>(c)] += 1;
    }
    // 86,000 digits of 62 kinds: 1,387 each, give or take 37. A bias of bytes modulo 62 would show as 25 %.
    const int kinds = static_cast<int>(std::ranges::count_if(digits, [](int n) { return n > 0; }));
    EXPECT_EQ(kinds, 62);
    for (const int n : digits)
        if (n > 0) EXPECT_NEAR(n, 1387, 260);
}

TEST(secret, is_recognised_and_a_typing_error_is_not) {
    const std::string secret = make_secret();
    EXPECT_TRUE(well_formed(secret));
    EXPECT_TRUE(well_formed(make_secret("other-prefix-")));
    for (std::size_t i = 0; i < secret.size(); ++i) {
        std::string wrong = secret;
        wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(well_formed(wrong)) << i;
    }
    std::string swapped = secret;
    std::swap(swapped[10], swapped[11]);
    EXPECT_EQ(well_formed(swapped), swapped == secret);
    EXPECT_FALSE(well_formed(""));
    EXPECT_FALSE(well_formed("sk-tg-"));
    EXPECT_FALSE(well_formed(secret + "0"));
    EXPECT_FALSE(well_formed(secret.substr(0, secret.size() - 1)));
}

// RFC 4231, test cases 1 and 2.
TEST(key_hasher, is_hmac_sha_256) {
    key_hasher one(std::string(20, '\x0b'));
    EXPECT_EQ(hex_of(one("Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    key_hasher two("Jefe");
    const auto expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    EXPECT_EQ(hex_of(two("what do ya want for nothing?")), expected);
    EXPECT_EQ(hex_of(two("what do ya want for nothing?")), expected) << "a second call begins afresh";
}

TEST(key_hasher, copies_hash_alike_and_peppers_differ) {
    key_hasher a("pepper"), b(a), c("salt");
    EXPECT_EQ(a("secret"), b("secret"));
    EXPECT_NE(a("secret"), c("secret"));
    EXPECT_NE(a("secret"), a("secreT"));
    EXPECT_THROW(key_hasher(""), std::runtime_error);
}

TEST(key_id, and_pepper_are_random_text) {
    EXPECT_TRUE(make_key_id().starts_with("key_"));
    EXPECT_EQ(make_key_id().size(), 20u);
    EXPECT_NE(make_key_id(), make_key_id());
    EXPECT_EQ(make_pepper().size(), 64u);
    EXPECT_NE(make_pepper(), make_pepper());
}

TEST(constant_time, comparison_is_still_a_comparison) {
    EXPECT_TRUE(same_in_constant_time("", ""));
    EXPECT_TRUE(same_in_constant_time("token", "token"));
    EXPECT_FALSE(same_in_constant_time("token", "tokeN"));
    EXPECT_FALSE(same_in_constant_time("token", "Token"));
    EXPECT_FALSE(same_in_constant_time("token", "tokens"));
    EXPECT_FALSE(same_in_constant_time("token", ""));
}

}
