#include <tollgate/keys/secret.hpp>

#include <tollgate/core/assert.hpp>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <span>
#include <stdexcept>

namespace tollgate::keys {

namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static_assert(digits.size() == 62);

void fill_random(std::span<unsigned char> into) {
    if (RAND_bytes(into.data(), static_cast<int>(into.size())) != 1)
        throw std::runtime_error("the system gives no random bytes");
}

// Bytes past the last multiple of 62 are thrown away: a remainder would favour the first digits.
void append_random_digits(std::string& out, std::size_t count) {
    constexpr unsigned fair = 256 / 62 * 62;
    std::array<unsigned char, 64> bytes{};
    while (count > 0) {
        fill_random(bytes);
        for (const unsigned char byte : bytes) {
            if (byte >= fair || count == 0) continue;
            out += digits[byte % 62];
            --count;
        }
    }
}

// CRC-32 as in zip files.
constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
        table[i] = value;
    }
    return table;
}();

std::uint32_t crc_of(std::string_view text) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char c : text) crc = crc_table[(crc ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (crc >> 8);
    return ~crc;
}

std::array<char, check_digits> check_of(std::string_view text) {
    std::array<char, check_digits> out{};
    std::uint32_t rest = crc_of(text);
    for (auto at = out.rbegin(); at != out.rend(); ++at) {
        *at = digits[rest % 62];
        rest /= 62;
    }
    return out;
}

EVP_MAC_CTX* context(void* state) { return static_cast<EVP_MAC_CTX*>(state); }

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}

std::string make_secret(std::string_view prefix) {
    std::string secret(prefix);
    append_random_digits(secret, random_digits);
    const auto check = check_of(secret);
    secret.append(check.data(), check.size());
    return secret;
}

key_id make_key_id() {
    key_id id = "key_";
    append_random_digits(id, 16);
    return id;
}

bool well_formed(std::string_view secret) {
    if (secret.size() < random_digits + check_digits) return false;
    const auto check = check_of(secret.substr(0, secret.size() - check_digits));
    return secret.ends_with(std::string_view(check.data(), check.size()));
}

std::string hint_of(std::string_view secret) {
    TG_ASSERT(secret.size() >= random_digits);
    return std::string(secret.substr(secret.size() - 4));
}

std::string make_pepper() {
    static constexpr char hex[] = "0123456789abcdef";
    std::array<unsigned char, 32> bytes{};
    fill_random(bytes);
    std::string out;
    for (const unsigned char byte : bytes) out.append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    return out;
}

void key_hasher::free_state::operator()(void* state) const { EVP_MAC_CTX_free(context(state)); }

key_hasher::key_hasher(std::string_view pepper) {
    if (pepper.empty()) throw std::runtime_error("the pepper of the key hashes is empty");
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    state_.reset(mac ? EVP_MAC_CTX_new(mac) : nullptr);
    EVP_MAC_free(mac); // the context holds it
    char digest[] = "SHA256";
    const OSSL_PARAM how[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                              OSSL_PARAM_construct_end()};
    if (!state_ || EVP_MAC_init(context(state_.get()), bytes_of(pepper), pepper.size(), how) != 1)
        throw std::runtime_error("HMAC-SHA256 is not available");
}

key_hasher::key_hasher(const key_hasher& other) : state_(EVP_MAC_CTX_dup(context(other.state_.get()))) {
    if (!state_) throw std::runtime_error("HMAC-SHA256 is not available");
}

key_hasher::~key_hasher() = default;

store::key_hash key_hasher::operator()(std::string_view secret) {
    store::key_hash hash{};
    std::size_t size = 0;
    EVP_MAC_CTX* at = context(state_.get());
    // Without a key: begins again under the key it has. A third of the cost of copying the context.
    const bool done = EVP_MAC_init(at, nullptr, 0, nullptr) == 1 &&
                      EVP_MAC_update(at, bytes_of(secret), secret.size()) == 1 &&
                      EVP_MAC_final(at, hash.data(), &size, hash.size()) == 1;
    TG_ASSERT(done && size == hash.size());
    return hash;
}

}
