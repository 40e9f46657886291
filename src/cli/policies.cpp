#include "policies.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/store/admin_store.hpp>

#include <fstream>
#include <sstream>

namespace tollgate::cli {

namespace {

std::string listed(const std::vector<config::problem>& problems) {
    std::string text;
    for (const config::problem& each : problems) text += "\n  " + config::to_text(each);
    return text;
}

// One byte more than may be: the parser then says that it is too large.
std::optional<std::string> text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text(limits::policy_file_bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

}

outcome_of<config::read_policy_result> read_policy_file(const std::string& path, const config::loaded& all,
                                                        const context& at) {
    const auto text = text_of(path);
    if (!text) return refuse("cannot read " + path);
    config::zone_files zones;
    auto read = config::parse_policy(path, *text, {*all.catalog, *all.templates, zones, at.world.now()});
    if (!read) return refuse("the policy is not valid:" + listed(read.error()));
    return std::move(*read);
}

outcome_of<bool> has_policy(const tenant_id& tenant, const config::loaded& all, store::database& database) {
    if (all.policies->find(tenant) != nullptr) return true;
    auto admin = taken(database.open_admin());
    if (!admin) return std::unexpected(admin.error());
    const auto published = taken((*admin)->published(tenant));
    if (!published) return std::unexpected(published.error());
    return *published && !(*published)->version.empty(); // empty: withdrawn
}

outcome_of<const policy_shelf::entry*> policy_shelf::find(const tenant_id& tenant, const std::string& version) {
    const auto [at, fresh] = known_.try_emplace({tenant, version});
    entry& one = at->second;
    if (!fresh) return &one;
    auto stored = taken(from_.remembered_policy(tenant, version));
    if (!stored) {
        known_.erase(at);
        return std::unexpected(stored.error());
    }
    if (!*stored) {
        one.why = "the store does not remember policy version " + version + " of tenant " + tenant;
        return &one;
    }
    one.content = (*stored)->content;
    auto read = config::parse_remembered_policy(version, one.content, zones_);
    if (!read)
        one.why = "policy version " + version + " of tenant " + tenant + " cannot be read:" + listed(read.error());
    else
        one.policy = std::move(*read);
    return &one;
}

outcome_of<policy_shelf::entry> policy_shelf::of(const app::decision_record& record) {
    if (record.policy_version.empty()) return entry{};
    auto found = find(record.facts.who.tenant, record.policy_version);
    if (!found) return std::unexpected(found.error());
    entry out = **found;
    if (out.policy && out.policy->hash != record.policy_hash) {
        out.policy.reset();
        out.why = "what the store remembers as policy version " + record.policy_version + " of tenant " +
                  record.facts.who.tenant + " is not what the decision was made under";
    }
    return out;
}

outcome_of<archive> open_archive(const config::settings& settings) {
    archive out;
    auto database = open_ready(settings);
    if (!database) return std::unexpected(database.error());
    out.database = std::move(*database);
    auto accounts = taken(out.database->open_accounts());
    if (!accounts) return std::unexpected(accounts.error());
    out.accounts = std::move(*accounts);
    auto keys = taken(out.database->open_keys());
    if (!keys) return std::unexpected(keys.error());
    out.keys = std::move(*keys);
    return out;
}

outcome_of<archive> open_archive(const context& at) {
    auto settings = read_settings(at);
    if (!settings) return std::unexpected(settings.error());
    return open_archive(*settings);
}

}
