#pragma once

// The secret part of a key: how it is made, recognised and hashed. A secret exists in full only in the answer that
// hands it out; everywhere else there is its hash.

#include <tollgate/core/ids.hpp>
#include <tollgate/store/key_store.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace tollgate::keys {

inline constexpr std::string_view default_prefix = "sk-tg-";
inline constexpr std::size_t random_digits = 43; // base 62: 256 bits
inline constexpr std::size_t check_digits = 6;   // base 62: a CRC-32 of all that precedes

// `prefix`, random digits, check digits. Throws std::runtime_error when the system has no randomness.
std::string make_secret(std::string_view prefix = default_prefix);
key_id make_key_id(); // "key_" and 16 random digits

// Its check digits fit: somebody made it, whoever that was. Any prefix. Saves the store a read for every typing error.
bool well_formed(std::string_view secret);

// Last four characters, for people to tell keys apart.
std::string hint_of(std::string_view secret);

// A pepper for a store that has none: 64 hexadecimal digits.
std::string make_pepper();

// HMAC-SHA256 under the pepper. Not for two threads at once: give each its own copy. About 0.2 us a call.
class key_hasher {
public:
    // Throws std::runtime_error when the pepper is empty or the library refuses.
    explicit key_hasher(std::string_view pepper);
    key_hasher(const key_hasher& other);
    key_hasher& operator=(const key_hasher&) = delete;
    ~key_hasher();

    store::key_hash operator()(std::string_view secret);

private:
    struct free_state {
        void operator()(void* state) const;
    };
    std::unique_ptr<void, free_state> state_; // an EVP_MAC_CTX, keyed once
};

}
