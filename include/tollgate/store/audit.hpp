#pragma once

// Who changed what.

#include <string>

namespace tollgate::store {

// Written in the transaction of the change that it tells of.
struct audit_row {
    std::string actor;         // an admin token's name, or "cli:" and a user
    std::string what;          // "key.create", "tenant.status", "policy.publish", "balance.top_up"
    std::string subject;       // a tenant or a key
    std::string before, after; // JSON, or empty; never a secret
};

}
