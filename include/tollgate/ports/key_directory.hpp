#pragma once

// Who holds a credential. Cached; a revocation reaches every process within a second.

#include <tollgate/core/error.hpp>
#include <tollgate/core/ids.hpp>
#include <tollgate/core/time.hpp>
#include <tollgate/runtime/task.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::ports {

struct caller {
    key_id key;
    key_id family; // the first key of its chain of rotations; empty: itself
    tenant_id tenant;
    std::string label, workspace, feature, agent, environment; // pins; empty: open to the caller
    std::vector<std::string> models;                           // empty: all
    std::optional<instant> expires, revoked;
};

class key_directory {
public:
    virtual ~key_directory() = default;
    // What is known without waiting; nothing: ask find(). Null: no such key.
    virtual std::optional<std::shared_ptr<const caller>> known(std::string_view) { return std::nullopt; }
    // Null: no such key. Error: ledger_unavailable when the store cannot say. Expiry and revocation are the caller's
    // to judge (they have refusals of their own).
    virtual task<result<std::shared_ptr<const caller>>> find(std::string_view secret) = 0;
    // A tenant's status set at run time, overriding its policy file; empty when none is.
    virtual std::string tenant_status(std::string_view tenant) const = 0;
};

}
