#include <tollgate/keys/request_digester.hpp>

#include <tollgate/core/assert.hpp>

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace tollgate::keys {

namespace {

EVP_MD_CTX* context(void* state) { return static_cast<EVP_MD_CTX*>(state); }

}

void request_digester::free_state::operator()(void* state) const { EVP_MD_CTX_free(context(state)); }

request_digester::request_digester() : state_(EVP_MD_CTX_new()) {
    EVP_MD* kind = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    const bool ready = kind && state_ && EVP_DigestInit_ex2(context(state_.get()), kind, nullptr) == 1;
    EVP_MD_free(kind); // the context holds it
    if (!ready) throw std::runtime_error("SHA-256 is not available");
}

std::string request_digester::request_digest(std::string_view endpoint, std::string_view body) {
    static constexpr char hex[] = "0123456789abcdef";
    std::array<std::uint8_t, 32> digest{};
    unsigned size = 0;
    EVP_MD_CTX* at = context(state_.get());
    // Without a kind: begins again with the one it has. The zero byte ends the endpoint, which has none.
    const bool done = EVP_DigestInit_ex2(at, nullptr, nullptr) == 1 &&
                      EVP_DigestUpdate(at, endpoint.data(), endpoint.size()) == 1 && EVP_DigestUpdate(at, "", 1) == 1 &&
                      EVP_DigestUpdate(at, body.data(), body.size()) == 1 &&
                      EVP_DigestFinal_ex(at, digest.data(), &size) == 1;
    TG_ASSERT(done && size == digest.size());
    std::string out;
    out.reserve(2 * digest.size());
    for (const std::uint8_t byte : digest) out.append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    return out;
}

}
