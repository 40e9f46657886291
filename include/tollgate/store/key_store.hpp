#pragma once

// Keys at rest: a keyed hash and what the key pins. Never the secret.

#include <tollgate/core/error.hpp>
#include <tollgate/core/ids.hpp>
#include <tollgate/core/time.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::store {

using key_hash = std::array<std::uint8_t, 32>; // HMAC-SHA256 of the secret under the pepper

struct key_row {
    key_id id;
    key_hash hash{};
    tenant_id tenant;
    std::string label, workspace, feature, agent, environment; // empty: left open to the caller
    std::vector<std::string> models;                           // empty: all that the policy allows
    std::optional<instant> expires;                            // also the end of grace after a rotation
    std::optional<instant> revoked;
    instant created;
    key_id replaced_by;        // after a rotation
    key_id family;             // the first key of its chain of rotations: what counters of a key count by
    std::string hint;          // last four characters of the secret, for people
    std::int64_t revision = 0; // of the last change; grows over all keys
};

struct tenant_flag {
    tenant_id tenant;
    std::string status; // "active", "suspended", "closed": overrides the policy's own; empty: no longer set
    std::int64_t revision = 0;
};

// A policy that was published at run time, and outranks the tenant's file.
struct published_policy {
    tenant_id tenant;
    std::string version, content; // empty: withdrawn, the file counts again
    instant at;
    std::string actor;
    std::int64_t revision = 0;
};

// One version of a policy, as it was when it was first seen.
struct policy_version {
    tenant_id tenant;
    std::string version, hash, content;
    instant seen;
};

// What every process follows. Changes are made through admin_store; each stamps its row with the next revision, in
// commit order (one locked row hands them out), so that a poller that has seen one has seen every lower one.
class key_store {
public:
    virtual ~key_store() = default;
    virtual store_result<std::optional<key_row>> by_hash(const key_hash& hash) = 0;
    virtual store_result<std::optional<key_row>> by_id(const key_id& id) = 0;
    // Rows changed after `revision`, ascending, at most `count`. The polls of every process.
    virtual store_result<std::vector<key_row>> changed_since(std::int64_t revision, std::size_t count) = 0;
    virtual store_result<std::vector<tenant_flag>> flags_since(std::int64_t revision, std::size_t count) = 0;
    virtual store_result<std::vector<published_policy>> published_since(std::int64_t revision, std::size_t count) = 0;
    virtual store_result<std::int64_t> revision() = 0;
    // A named secret kept in the store (the pepper when the operator sets none): returns the stored value, storing
    // `fresh` first when there is none. Safe for several processes at once.
    virtual store_result<std::string> secret(const std::string& name, const std::string& fresh) = 0;
    // Policy versions seen: stores each (tenant, version) once. Returns the hashes stored under them, in order.
    virtual store_result<std::vector<std::string>> remember_policies(const std::vector<policy_version>& rows) = 0;
    virtual store_result<std::optional<policy_version>> remembered_policy(const tenant_id& tenant,
                                                                          const std::string& version) = 0;
    virtual store_result<std::vector<policy_version>> remembered_policies(const tenant_id& tenant) = 0; // by version
};

}
