// A token: version, nonce, masked (expiry, estimate, digest of what it is bound to), seal over all of it. 81 bytes, 108
// characters.
#include <tollgate/keys/confirmation_signer.hpp>

#include "base64url.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/constant_time.hpp>
#include <tollgate/core/limits.hpp>

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace tollgate::keys {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t nonce_at = 1, nonce_size = 16, masked_at = nonce_at + nonce_size, masked_size = 32,
                      seal_at = masked_at + masked_size, seal_size = 32, token_size = seal_at + seal_size;
static_assert(token_size % 3 == 0, "one text for each token");
static_assert(masked_size == sizeof(store::key_hash), "the mask is one hash long");

// A key for each use: what one hash says is of no help with another.
std::string derived(std::string_view secret, std::string_view use) {
    if (secret.empty()) throw std::runtime_error("the secret of confirmations is empty");
    const store::key_hash key = key_hasher(secret)(use);
    return std::string(reinterpret_cast<const char*>(key.data()), key.size());
}

std::string_view view_of(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Int>
void put(std::span<std::uint8_t> into, Int value) {
    for (std::size_t i = 0; i < sizeof(Int); ++i)
        into[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
}

std::int64_t get(std::span<const std::uint8_t> from) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value |= std::uint64_t{from[i]} << (8 * i);
    return static_cast<std::int64_t>(value);
}

void apply_mask(std::span<std::uint8_t> masked, const store::key_hash& mask) {
    for (std::size_t i = 0; i < masked.size(); ++i) masked[i] ^= mask[i];
}

}

confirmation_signer::confirmation_signer(std::string_view secret)
    : seal_(derived(secret, "seal")), mask_(derived(secret, "mask")), bind_(derived(secret, "bind")) {}

// Each part with its length, so that no two bindings give the same text.
store::key_hash confirmation_signer::digest_of(const ports::confirmation_binding& what) {
    std::string text;
    for (const std::string_view part : {what.tenant, what.key, what.request_hash, what.model_served})
        text.append(std::to_string(part.size())).append(":").append(part);
    return bind_(text);
}

ports::confirmation_token confirmation_signer::issue(const ports::confirmation_binding& what, instant now) {
    const instant expires{now.us + std::int64_t{limits::confirmation_ms} * 1000};
    std::array<std::uint8_t, token_size> bytes{};
    const std::span all(bytes);
    bytes[0] = version;
    const auto nonce = all.subspan(nonce_at, nonce_size);
    const int drawn = RAND_bytes(nonce.data(), static_cast<int>(nonce.size()));
    TG_ASSERT(drawn == 1);
    const auto masked = all.subspan(masked_at, masked_size);
    put(masked, expires.us);
    put(masked.subspan(8), what.estimate.count());
    std::ranges::copy_n(digest_of(what).begin(), 16, masked.subspan(16).begin());
    apply_mask(masked, mask_(view_of(nonce)));
    std::ranges::copy(seal_(view_of(all.first(seal_at))), all.subspan(seal_at).begin());
    return {to_base64url(bytes), expires};
}

std::expected<std::string, ports::confirmation_fault>
confirmation_signer::check(std::string_view token, const ports::confirmation_binding& what, instant now) {
    using enum ports::confirmation_fault;
    if (token.size() != token_size / 3 * 4) return std::unexpected(malformed);
    const auto decoded = from_base64url(token);
    if (!decoded) return std::unexpected(malformed);
    std::array<std::uint8_t, token_size> bytes{};
    std::ranges::copy(*decoded, bytes.begin());
    const std::span all(bytes);
    const store::key_hash seal = seal_(view_of(all.first(seal_at)));
    const bool sealed = same_in_constant_time(view_of(seal), view_of(all.subspan(seal_at)));
    if (!sealed || bytes[0] != version) return std::unexpected(malformed);

    const auto nonce = all.subspan(nonce_at, nonce_size);
    const auto masked = all.subspan(masked_at, masked_size);
    apply_mask(masked, mask_(view_of(nonce)));
    if (now.us >= get(masked)) return std::unexpected(expired);
    const store::key_hash digest = digest_of(what);
    const bool same = same_in_constant_time(view_of(std::span(digest).first(16)), view_of(masked.subspan(16)));
    if (!same || what.estimate > usd_nano(get(masked.subspan(8)))) return std::unexpected(not_this_request);
    // 120 of the random bits: a multiple of three bytes, and enough for an id.
    return "conf_" + to_base64url(nonce.first(15));
}

store_result<std::string> confirmation_secret_of(store::key_store& store) {
    return store.secret("confirmation", make_pepper());
}

}
