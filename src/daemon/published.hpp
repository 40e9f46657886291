#pragma once

// Policies that were published at run time, as this process follows them: the store's rows, and what they mean with the
// configuration in force. One thread.

#include <tollgate/config/load.hpp>
#include <tollgate/store/key_store.hpp>

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace tollgate {

// What is in force: files, and published policies in the place of their tenants' files.
struct effective_policies {
    std::shared_ptr<const policy::policy_set> set;
    std::shared_ptr<const std::unordered_set<std::string>> published;
};

class published_policies {
public:
    // Reads what changed since the last time. True: something did.
    store_result<bool> poll(store::key_store& from);

    // The error names what cannot be used with `files`: a model that is gone, a template that was never there.
    std::expected<effective_policies, std::string> over(const config::loaded& files, instant now);

    // What is stored of a tenant's published policy; empty when none is.
    std::string content_of(const tenant_id& tenant) const;

private:
    struct entry {
        store::published_policy row;
        std::shared_ptr<const policy::tenant_policy> policy; // with `read_with_`; null: not read yet
    };
    std::expected<void, std::string> read(entry& one, const config::loaded& files, instant now);

    std::map<tenant_id, entry> entries_;
    std::int64_t revision_ = 0;
    std::shared_ptr<const tollgate::catalog> read_with_;
};

}
