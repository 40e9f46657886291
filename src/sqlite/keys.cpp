#include "keys.hpp"

#include "key_statements.hpp"

#include <algorithm>

namespace tollgate::sqlite {

using store::key_row;

store_result<std::optional<key_row>> keys::by_hash(const store::key_hash& hash) {
    static const std::string sql = select_from("api_keys", store::key_columns, "WHERE hash = ?");
    std::optional<key_row> found;
    db_->prepare(sql).bytes(hash);
    db_->each([&](reader& in) { found = store::take_key(in); });
    return judged(std::move(found));
}

store_result<std::optional<key_row>> keys::by_id(const key_id& id) { return judged(key_by_id(*db_, id)); }

store_result<std::vector<key_row>> keys::changed_since(std::int64_t revision, std::size_t count) {
    static const std::string sql =
        select_from("api_keys", store::key_columns, "WHERE revision > ? ORDER BY revision LIMIT ?");
    std::vector<key_row> all;
    db_->prepare(sql).number(revision).number(static_cast<std::int64_t>(count));
    db_->each([&](reader& in) { all.push_back(store::take_key(in)); });
    return judged(std::move(all));
}

store_result<std::vector<store::tenant_flag>> keys::flags_since(std::int64_t revision, std::size_t count) {
    std::vector<store::tenant_flag> all;
    db_->prepare("SELECT tenant, status, revision FROM tenant_flags WHERE revision > ? ORDER BY revision LIMIT ?")
        .number(revision)
        .number(static_cast<std::int64_t>(count));
    db_->each([&](reader& in) {
        store::tenant_flag& flag = all.emplace_back();
        flag.tenant = in.text();
        flag.status = in.text();
        flag.revision = in.number();
    });
    return judged(std::move(all));
}

store_result<std::vector<store::published_policy>> keys::published_since(std::int64_t revision, std::size_t count) {
    static const std::string sql =
        select_from("published_policies", store::published_columns, "WHERE revision > ? ORDER BY revision LIMIT ?");
    std::vector<store::published_policy> all;
    db_->prepare(sql).number(revision).number(static_cast<std::int64_t>(count));
    db_->each([&](reader& in) { all.push_back(store::take_published(in)); });
    return judged(std::move(all));
}

store_result<std::int64_t> keys::revision() {
    std::int64_t at = 0;
    db_->prepare("SELECT revision FROM key_revision WHERE one = 1");
    db_->each([&](reader& in) { at = in.number(); });
    return judged(at);
}

store_result<std::string> keys::secret(const std::string& name, const std::string& fresh) {
    std::string stored;
    db_->begin_immediate();
    db_->prepare("INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING")
        .text(name)
        .text(fresh);
    db_->run();
    db_->prepare("SELECT value FROM secrets WHERE name = ?").text(name);
    db_->each([&](reader& in) { stored = in.text(); });
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    return stored;
}

// Empty where there is none.
std::vector<std::string> keys::stored_hashes(const std::vector<store::policy_version>& rows) {
    std::vector<std::string> found(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        db_->prepare("SELECT hash FROM policy_versions WHERE tenant = ? AND version = ?")
            .text(rows[i].tenant)
            .text(rows[i].version);
        db_->each([&](reader& in) { found[i] = in.text(); });
    }
    return found;
}

// A start with nothing new takes no write lock.
store_result<std::vector<std::string>> keys::remember_policies(const std::vector<store::policy_version>& rows) {
    static const std::string insert =
        insert_into("policy_versions", store::version_columns, "ON CONFLICT (tenant, version) DO NOTHING");
    db_->begin_read();
    std::vector<std::string> found = stored_hashes(rows);
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    if (std::ranges::none_of(found, [](const std::string& hash) { return hash.empty(); })) return found;

    db_->begin_immediate();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!found[i].empty()) continue;
        store::put(db_->prepare(insert), rows[i]);
        db_->run();
    }
    found = stored_hashes(rows);
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    return found;
}

store_result<std::optional<store::policy_version>> keys::remembered_policy(const tenant_id& tenant,
                                                                           const std::string& version) {
    static const std::string sql =
        select_from("policy_versions", store::policy_version_columns, "WHERE tenant = ? AND version = ?");
    std::optional<store::policy_version> found;
    db_->prepare(sql).text(tenant).text(version);
    db_->each([&](reader& in) { found = store::take_policy_version(in); });
    if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
    return found;
}

store_result<std::vector<store::policy_version>> keys::remembered_policies(const tenant_id& tenant) {
    static const std::string sql =
        select_from("policy_versions", store::policy_version_columns, "WHERE tenant = ? ORDER BY version");
    std::vector<store::policy_version> found;
    db_->prepare(sql).text(tenant);
    db_->each([&](reader& in) { found.push_back(store::take_policy_version(in)); });
    if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
    return found;
}

}
