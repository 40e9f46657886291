#pragma once

// ports::confirmations: nothing is stored, the token carries all. Authenticated and masked, so that whoever finds one
// learns neither amount nor expiry from it.

#include <tollgate/keys/secret.hpp>
#include <tollgate/ports/confirmations.hpp>
#include <tollgate/store/key_store.hpp>

namespace tollgate::keys {

class confirmation_signer final : public ports::confirmations {
public:
    // Throws std::runtime_error when the secret is empty or the library refuses.
    explicit confirmation_signer(std::string_view secret);

    ports::confirmation_token issue(const ports::confirmation_binding& what, instant now) override;
    std::expected<std::string, ports::confirmation_fault>
    check(std::string_view token, const ports::confirmation_binding& what, instant now) override;

private:
    store::key_hash digest_of(const ports::confirmation_binding& what);

    key_hasher seal_, mask_, bind_;
};

// The store's secret for confirmations, made on first use: the same for every process of the store.
store_result<std::string> confirmation_secret_of(store::key_store& store);

}
