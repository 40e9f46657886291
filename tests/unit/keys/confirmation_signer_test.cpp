#include <tollgate/core/limits.hpp>
#include <tollgate/keys/confirmation_signer.hpp>
#include <tollgate/keys/request_digester.hpp>

#include <support/fake_key_store.hpp>

#include <gtest/gtest.h>

#include <set>

namespace tollgate::keys {

namespace {

using ports::confirmation_binding;
using ports::confirmation_fault;

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr instant now = instant::from_seconds(1'800'000'000);
const confirmation_binding what{"acme", "key_1", "0123abcd", "gpt", usd_nano(5'000'000)};

}

TEST(confirmation_signer, a_token_confirms_what_it_was_issued_for_for_ten_minutes) {
    confirmation_signer signer("secret");
    const auto token = signer.issue(what, now);
    EXPECT_EQ(token.expires.us - now.us, 600'000'000);
    EXPECT_TRUE(signer.check(token.text, what, now));
    EXPECT_TRUE(signer.check(token.text, what, instant{token.expires.us - 1}));
    EXPECT_EQ(signer.check(token.text, what, token.expires).error(), confirmation_fault::expired);
}

TEST(confirmation_signer, covers_estimates_up_to_its_own) {
    confirmation_signer signer("secret");
    const auto token = signer.issue(what, now);
    confirmation_binding other = what;
    for (const std::int64_t estimate : {0, 1, 4'999'999, 5'000'000}) {
        other.estimate = usd_nano(estimate);
        EXPECT_TRUE(signer.check(token.text, other, now)) << estimate;
    }
    other.estimate = usd_nano(5'000'001);
    EXPECT_EQ(signer.check(token.text, other, now).error(), confirmation_fault::not_this_request);
}

TEST(confirmation_signer, is_bound_to_tenant_key_body_and_model) {
    confirmation_signer signer("secret");
    const auto token = signer.issue(what, now);
    const confirmation_binding others[] = {
        {"acm", "key_1", "0123abcd", "gpt", what.estimate},  {"acme", "key_2", "0123abcd", "gpt", what.estimate},
        {"acme", "key_1", "0123abce", "gpt", what.estimate}, {"acme", "key_1", "0123abcd", "gpt2", what.estimate},
        {"acmek", "ey_1", "0123abcd", "gpt", what.estimate}, {"", "", "", "", what.estimate},
        {"acme", "key_10", "123abcd", "gpt", what.estimate},
    };
    for (const confirmation_binding& other : others)
        EXPECT_EQ(signer.check(token.text, other, now).error(), confirmation_fault::not_this_request)
            << other.tenant << " " << other.key;
}

TEST(confirmation_signer, every_bit_flipped_makes_it_nobodys) {
    confirmation_signer signer("secret");
    const std::string token = signer.issue(what, now).text;
    for (std::size_t at = 0; at < token.size(); ++at) {
        const std::size_t digit = digits.find(token[at]);
        ASSERT_NE(digit, std::string_view::npos) << "a token is base64url";
        for (int bit = 0; bit < 6; ++bit) {
            std::string changed = token;
            changed[at] = digits[digit ^ (std::size_t{1} << bit)];
            const auto got = signer.check(changed, what, now);
            ASSERT_FALSE(got) << at << " " << bit;
            EXPECT_EQ(got.error(), confirmation_fault::malformed) << at << " " << bit;
        }
    }
}

TEST(confirmation_signer, what_is_no_token_is_refused_whatever_it_is) {
    confirmation_signer signer("secret");
    const std::string token = signer.issue(what, now).text;
    const std::string inputs[] = {"",
                                  "x",
                                  token.substr(1),
                                  token.substr(0, token.size() - 1),
                                  token + "A",
                                  token + "=",
                                  token + token,
                                  std::string(token.size(), 'A'),
                                  std::string(token.size(), '+'),
                                  std::string(token.size(), '\0'),
                                  std::string(100'000, 'A')};
    for (const std::string& text : inputs)
        EXPECT_EQ(signer.check(text, what, now).error(), confirmation_fault::malformed) << text.substr(0, 120);
}

TEST(confirmation_signer, the_same_secret_accepts_it_and_another_does_not) {
    confirmation_signer one("secret"), two("secret"), stranger("secret2");
    const std::string token = one.issue(what, now).text;
    EXPECT_EQ(two.check(token, what, now), one.check(token, what, now));
    EXPECT_EQ(stranger.check(token, what, now).error(), confirmation_fault::malformed);
    EXPECT_THROW(confirmation_signer(""), std::runtime_error);
}

TEST(confirmation_signer, each_token_has_an_id_of_its_own_that_stays) {
    confirmation_signer signer("secret");
    std::set<std::string> ids;
    for (int i = 0; i < 100; ++i) {
        const std::string token = signer.issue(what, now).text;
        const auto id = signer.check(token, what, now);
        ASSERT_TRUE(id);
        EXPECT_TRUE(ids.insert(*id).second);
        EXPECT_EQ(signer.check(token, what, now), *id);
        EXPECT_LE(id->size(), 64u);
    }
}

// Two tokens for the same request share nothing but their version: amount and expiry cannot be read off.
TEST(confirmation_signer, a_token_shows_nothing_of_what_it_carries) {
    confirmation_signer signer("secret");
    std::set<std::string> amounts;
    for (int i = 0; i < 100; ++i) amounts.insert(signer.issue(what, now).text.substr(24, 8));
    EXPECT_EQ(amounts.size(), 100u);
}

TEST(confirmation_signer, its_secret_is_made_once_for_all_processes_of_a_store) {
    const auto rows = std::make_shared<test::key_rows>();
    test::fake_key_store one(rows), two(rows);
    const auto first = confirmation_secret_of(one);
    ASSERT_TRUE(first);
    EXPECT_GE(first->size(), 64u);
    EXPECT_EQ(confirmation_secret_of(two), *first);
    EXPECT_EQ(rows->secrets.count("confirmation"), 1u);
}

TEST(request_digester, is_sha_256_of_endpoint_and_body) {
    request_digester digests;
    EXPECT_EQ(digests.request_digest("/v1/chat/completions", "{}"),
              "56701b7c217eabcf34078717ccaac786200c99d258aecc1cd8445a4923b62cc6");
    EXPECT_EQ(digests.request_digest("/v1/chat/completions", "{}"),
              digests.request_digest("/v1/chat/completions", "{}"));
    EXPECT_NE(digests.request_digest("/v1/chat/completions", "{}"), digests.request_digest("/v1/completions", "{}"));
    EXPECT_NE(digests.request_digest("/v1/chat/completions", "{}"),
              digests.request_digest("/v1/chat/completions", "{ }"));
    EXPECT_NE(digests.request_digest("/v1/a", "b"), digests.request_digest("/v1/ab", ""));
    EXPECT_EQ(digests.request_digest("", "").size(), 64u);
}

}
