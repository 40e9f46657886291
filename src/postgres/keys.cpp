#include "keys.hpp"

#include <tollgate/store/key_rows.hpp>

namespace tollgate::postgres {

using store::key_row;

namespace {

// Locks the one row that hands out revisions until the change that takes it has committed: a reader that has seen a
// revision has seen every lower one.
constexpr const char* next_revision = "WITH next AS (UPDATE key_revision SET revision = revision + 1 WHERE one = 1 "
                                      "RETURNING revision) ";

const auto ignore_rows = [](reader&) {};

}

store_result<void> keys::connect() {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    return {};
}

store_result<void> keys::create(const key_row& row) {
    scalars values;
    store::put(values, row);
    const auto done =
        client_.ask(std::string(next_revision) + "INSERT INTO api_keys (" + store::column_names(store::key_columns) +
                        ") SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
                        "next.revision + 0 * $16::bigint FROM next",
                    values, ignore_rows);
    if (!done) return std::unexpected(done.error());
    return {};
}

store_result<bool> keys::update(const key_row& row) {
    scalars values;
    store::put(values, row);
    const auto changed = client_.ask(
        std::string(next_revision) + "UPDATE api_keys SET (" +
            store::column_names(std::span(store::key_columns).subspan(1)) +
            ") = ROW($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, next.revision + 0 * $16::bigint) "
            "FROM next WHERE id = $1",
        values, ignore_rows);
    if (!changed) return std::unexpected(changed.error());
    return *changed == 1;
}

store_result<std::vector<key_row>> keys::rows(const std::string& rest, scalars& values) {
    std::vector<key_row> all;
    const auto done = client_.ask("SELECT " + store::column_names(store::key_columns) + " FROM api_keys " + rest,
                                  values, [&](reader& in) { all.push_back(store::take_key(in)); });
    if (!done) return std::unexpected(done.error());
    return all;
}

store_result<std::optional<key_row>> keys::one(const std::string& rest, scalars& values) {
    auto all = rows(rest, values);
    if (!all) return std::unexpected(all.error());
    if (all->empty()) return std::nullopt;
    return std::move(all->front());
}

store_result<std::optional<key_row>> keys::by_hash(const store::key_hash& hash) {
    scalars values;
    values.bytes(hash);
    return one("WHERE hash = $1", values);
}

store_result<std::optional<key_row>> keys::by_id(const key_id& id) {
    scalars values;
    values.text(id);
    return one("WHERE id = $1", values);
}

store_result<std::vector<key_row>> keys::list(const std::optional<tenant_id>& tenant) {
    scalars values;
    if (!tenant) return rows("ORDER BY tenant, created, id", values);
    values.text(*tenant);
    return rows("WHERE tenant = $1 ORDER BY created, id", values);
}

store_result<std::vector<key_row>> keys::changed_since(std::int64_t revision, std::size_t count) {
    scalars values;
    values.number(revision).number(static_cast<std::int64_t>(count));
    return rows("WHERE revision > $1::bigint ORDER BY revision LIMIT $2::bigint", values);
}

store_result<std::int64_t> keys::revision() {
    std::int64_t at = 0;
    scalars none;
    const auto done =
        client_.ask("SELECT revision FROM key_revision WHERE one = 1", none, [&](reader& in) { at = in.number(); });
    if (!done) return std::unexpected(done.error());
    return at;
}

// Two transactions: the second statement must see what another process committed first.
store_result<std::string> keys::stored_once(const char* insert, scalars& row, const char* select, scalars& key) {
    if (auto done = client_.ask(insert, row, ignore_rows); !done) return std::unexpected(done.error());
    std::optional<std::string> stored;
    if (auto done = client_.ask(select, key, [&](reader& in) { stored = in.text(); }); !done)
        return std::unexpected(done.error());
    if (!stored) return std::unexpected(store_error{store_fault::corrupt, "a row that was just stored is not there"});
    return std::move(*stored);
}

store_result<std::string> keys::secret(const std::string& name, const std::string& fresh) {
    scalars row, key;
    row.text(name).text(fresh);
    key.text(name);
    return stored_once("INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", row,
                       "SELECT value FROM secrets WHERE name = $1", key);
}

store_result<std::string> keys::remember_policy(const tenant_id& tenant, const std::string& version,
                                                const std::string& hash, const std::string& content) {
    scalars row, key;
    row.text(tenant).text(version).text(hash).text(content);
    key.text(tenant).text(version);
    return stored_once("INSERT INTO policy_versions (tenant, version, hash, content) VALUES ($1, $2, $3, $4) "
                       "ON CONFLICT (tenant, version) DO NOTHING",
                       row, "SELECT hash FROM policy_versions WHERE tenant = $1 AND version = $2", key);
}

store_result<std::optional<store::policy_version>> keys::remembered_policy(const tenant_id& tenant,
                                                                           const std::string& version) {
    std::optional<store::policy_version> found;
    scalars values;
    values.text(tenant).text(version);
    const auto done = client_.ask("SELECT " + store::column_names(store::policy_version_columns) +
                                      " FROM policy_versions WHERE tenant = $1 AND version = $2",
                                  values, [&](reader& in) { found = store::take_policy_version(in); });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<std::vector<store::policy_version>> keys::remembered_policies(const tenant_id& tenant) {
    std::vector<store::policy_version> found;
    scalars values;
    values.text(tenant);
    const auto done = client_.ask("SELECT " + store::column_names(store::policy_version_columns) +
                                      " FROM policy_versions WHERE tenant = $1 ORDER BY version",
                                  values, [&](reader& in) { found.push_back(store::take_policy_version(in)); });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<void> keys::audit(const std::string& actor, const std::string& what, const std::string& subject,
                               const std::string& before, const std::string& after) {
    scalars row;
    row.text(actor).text(what).text(subject).text(before).text(after);
    const auto done = client_.ask("INSERT INTO audit_log (actor, what, subject, before, after) "
                                  "VALUES ($1, $2, $3, $4, $5)",
                                  row, ignore_rows);
    if (!done) return std::unexpected(done.error());
    return {};
}

}
