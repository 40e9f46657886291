#include "keys.hpp"

#include "statements.hpp"

#include <tollgate/store/key_rows.hpp>

namespace tollgate::sqlite {

using store::key_row;

std::int64_t keys::next_revision() {
    std::int64_t next = 0;
    db_->prepare("UPDATE key_revision SET revision = revision + 1 WHERE one = 1 RETURNING revision");
    db_->each([&](reader& in) { next = in.number(); });
    return next;
}

store_result<void> keys::create(const key_row& row) {
    static const std::string sql = insert_into("api_keys", store::key_columns);
    db_->begin_immediate();
    key_row stamped = row;
    stamped.revision = next_revision();
    store::put(db_->prepare(sql), stamped);
    db_->run();
    return db_->commit();
}

store_result<bool> keys::update(const key_row& row) {
    static const std::string sql =
        "UPDATE api_keys SET (" + store::column_names(std::span(store::key_columns).subspan(1)) +
        ") = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) WHERE id = ?1";
    db_->begin_immediate();
    key_row stamped = row;
    stamped.revision = next_revision();
    store::put(db_->prepare(sql), stamped);
    db_->run();
    if (db_->ok() && db_->changed() == 0) {
        db_->rollback();
        return false;
    }
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    return true;
}

store_result<std::vector<key_row>> keys::rows() {
    std::vector<key_row> all;
    db_->each([&](reader& in) { all.push_back(store::take_key(in)); });
    if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
    return all;
}

store_result<std::optional<key_row>> keys::one() {
    auto all = rows();
    if (!all) return std::unexpected(all.error());
    if (all->empty()) return std::nullopt;
    return std::move(all->front());
}

store_result<std::optional<key_row>> keys::by_hash(const store::key_hash& hash) {
    static const std::string sql = select_from("api_keys", store::key_columns, "WHERE hash = ?");
    db_->prepare(sql).bytes(hash);
    return one();
}

store_result<std::optional<key_row>> keys::by_id(const key_id& id) {
    static const std::string sql = select_from("api_keys", store::key_columns, "WHERE id = ?");
    db_->prepare(sql).text(id);
    return one();
}

store_result<std::vector<key_row>> keys::list(const std::optional<tenant_id>& tenant) {
    static const std::string all = select_from("api_keys", store::key_columns, "ORDER BY tenant, created, id");
    static const std::string some =
        select_from("api_keys", store::key_columns, "WHERE tenant = ? ORDER BY created, id");
    if (tenant)
        db_->prepare(some).text(*tenant);
    else
        db_->prepare(all);
    return rows();
}

store_result<std::vector<key_row>> keys::changed_since(std::int64_t revision, std::size_t count) {
    static const std::string sql =
        select_from("api_keys", store::key_columns, "WHERE revision > ? ORDER BY revision LIMIT ?");
    db_->prepare(sql).number(revision).number(static_cast<std::int64_t>(count));
    return rows();
}

store_result<std::int64_t> keys::revision() {
    std::int64_t at = 0;
    db_->prepare("SELECT revision FROM key_revision WHERE one = 1");
    db_->each([&](reader& in) { at = in.number(); });
    if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
    return at;
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

store_result<std::string> keys::remember_policy(const tenant_id& tenant, const std::string& version,
                                                const std::string& hash, const std::string& content) {
    std::string stored;
    db_->begin_immediate();
    db_->prepare("INSERT INTO policy_versions (tenant, version, hash, content) VALUES (?, ?, ?, ?) "
                 "ON CONFLICT (tenant, version) DO NOTHING")
        .text(tenant)
        .text(version)
        .text(hash)
        .text(content);
    db_->run();
    db_->prepare("SELECT hash FROM policy_versions WHERE tenant = ? AND version = ?").text(tenant).text(version);
    db_->each([&](reader& in) { stored = in.text(); });
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    return stored;
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

store_result<void> keys::audit(const std::string& actor, const std::string& what, const std::string& subject,
                               const std::string& before, const std::string& after) {
    db_->begin_immediate();
    db_->prepare("INSERT INTO audit_log (actor, what, subject, before, after) VALUES (?, ?, ?, ?, ?)")
        .text(actor)
        .text(what)
        .text(subject)
        .text(before)
        .text(after);
    db_->run();
    return db_->commit();
}

}
