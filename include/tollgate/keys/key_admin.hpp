#pragma once

// What people do with keys. Each change leaves an audit row, and stands with it in a transaction of the caller's:
// nobody else's change comes in between, so of two rotations at once the second finds the key replaced.
//
// Errors: invalid_request (what was asked cannot be), path_not_found (no such key), ledger_unavailable (the store).

#include <tollgate/core/error.hpp>
#include <tollgate/keys/secret.hpp>
#include <tollgate/store/admin_store.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::keys {

struct key_request {
    tenant_id tenant;
    std::string label, workspace, feature, agent, environment; // empty: left open to the caller
    std::vector<std::string> models;                           // empty: all that the policy allows
    std::optional<instant> expires;
};

// The one time that a secret is shown.
struct issued_key {
    store::key_row row;
    std::string secret;
};

class key_admin {
public:
    key_admin(store::admin_store& store, const key_hasher& hash, std::function<instant()> now,
              std::string prefix = std::string(default_prefix));

    // ---- in a transaction of the store's; `actor`: who asks, for the audit ----
    result<issued_key> create(const key_request& asked, const std::string& actor);
    // A new key with the old one's pins. The old one lives on for `grace_ms`, then it is expired.
    result<issued_key> rotate(const key_id& id, std::uint32_t grace_ms, const std::string& actor);
    // A key that is revoked already stays as it is.
    result<store::key_row> revoke(const key_id& id, const std::string& actor);

    // ---- anywhere ----
    result<store::key_row> show(const key_id& id);
    result<std::vector<store::key_row>> list(const std::optional<tenant_id>& tenant); // by tenant and age

private:
    result<issued_key> issue(store::key_row row, const char* what, const std::string& actor);
    result<void> change(const store::key_row& before, const store::key_row& after, const char* what,
                        const std::string& actor);

    store::admin_store& store_;
    key_hasher hash_;
    std::function<instant()> now_;
    std::string prefix_;
};

// "active", "expiring" (replaced, in its grace), "expired", "revoked".
std::string_view state_of(const store::key_row& row, instant now);

// A key as JSON, for people, machines and the audit. Neither the secret nor its hash.
std::string describe(const store::key_row& row, instant now);

// The pepper that the operator set; else the store's, made on first use.
store_result<std::string> pepper_of(store::key_store& store, const std::string& configured);

}
