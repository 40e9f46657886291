#include "published.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate {

store_result<bool> published_policies::poll(store::key_store& from) {
    bool any = false;
    for (;;) {
        auto rows = from.published_since(revision_, limits::store_page_rows_max);
        if (!rows) return std::unexpected(rows.error());
        for (store::published_policy& row : *rows) {
            any = true;
            revision_ = row.revision;
            entry& one = entries_[row.tenant];
            const bool withdrawn = row.version.empty();
            one = {std::move(row), nullptr};
            if (withdrawn) entries_.erase(tenant_id(one.row.tenant));
        }
        if (rows->size() < limits::store_page_rows_max) return any;
    }
}

std::expected<void, std::string> published_policies::read(entry& one, const config::loaded& files, instant now) {
    auto read = config::parse_stored_policy("published policy", one.row.content, files, now);
    if (!read)
        return std::unexpected("the published policy of tenant " + one.row.tenant + " (version " + one.row.version +
                               ") cannot be used: " + read.error().front().message +
                               ". Publish another, or withdraw it with DELETE /admin/v1/policies/{tenant}/published");
    one.policy = std::move(read->policy);
    return {};
}

std::expected<effective_policies, std::string> published_policies::over(const config::loaded& files, instant now) {
    if (entries_.empty()) return effective_policies{files.policies, nullptr};
    const bool same_catalog = read_with_ == files.catalog;
    auto set = std::make_shared<policy::policy_set>(*files.policies);
    auto names = std::make_shared<std::unordered_set<std::string>>();
    for (auto& [tenant, one] : entries_) {
        if (!one.policy || !same_catalog)
            if (auto done = read(one, files, now); !done) return std::unexpected(done.error());
        set->tenants[tenant] = one.policy;
        names->insert(tenant);
    }
    read_with_ = files.catalog;
    return effective_policies{std::move(set), std::move(names)};
}

std::string published_policies::content_of(const tenant_id& tenant) const {
    const auto at = entries_.find(tenant);
    return at == entries_.end() ? std::string() : at->second.row.content;
}

}
