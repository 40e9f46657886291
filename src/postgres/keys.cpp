#include "keys.hpp"

#include "key_statements.hpp"
#include "statements.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::postgres {

using store::key_row;

store_result<void> keys::connect() {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    return {};
}

store_result<std::optional<key_row>> keys::one(const std::string& rest, scalars& values) {
    std::optional<key_row> found;
    const auto done = client_.ask(select_keys(rest), values, [&](reader& in) { found = store::take_key(in); });
    if (!done) return std::unexpected(done.error());
    return found;
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

store_result<std::vector<key_row>> keys::changed_since(std::int64_t revision, std::size_t count) {
    std::vector<key_row> all;
    scalars values;
    values.number(revision).number(static_cast<std::int64_t>(count));
    const auto done = client_.ask(select_keys("WHERE revision > $1::bigint ORDER BY revision LIMIT $2::bigint"), values,
                                  [&](reader& in) { all.push_back(store::take_key(in)); });
    if (!done) return std::unexpected(done.error());
    return all;
}

store_result<std::vector<store::tenant_flag>> keys::flags_since(std::int64_t revision, std::size_t count) {
    std::vector<store::tenant_flag> all;
    scalars values;
    values.number(revision).number(static_cast<std::int64_t>(count));
    const auto done = client_.ask("SELECT tenant, status, revision FROM tenant_flags WHERE revision > $1::bigint "
                                  "ORDER BY revision LIMIT $2::bigint",
                                  values, [&](reader& in) { all.push_back(take_flag(in)); });
    if (!done) return std::unexpected(done.error());
    return all;
}

store_result<std::vector<store::published_policy>> keys::published_since(std::int64_t revision, std::size_t count) {
    std::vector<store::published_policy> all;
    scalars values;
    values.number(revision).number(static_cast<std::int64_t>(count));
    const auto done = client_.ask(select_published("WHERE revision > $1::bigint ORDER BY revision LIMIT $2::bigint"),
                                  values, [&](reader& in) { all.push_back(store::take_published(in)); });
    if (!done) return std::unexpected(done.error());
    return all;
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
store_result<std::string> keys::secret(const std::string& name, const std::string& fresh) {
    scalars row, key;
    row.text(name).text(fresh);
    key.text(name);
    const auto made = client_.ask("INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                                  row, [](reader&) {});
    if (!made) return std::unexpected(made.error());
    std::optional<std::string> stored;
    const auto done =
        client_.ask("SELECT value FROM secrets WHERE name = $1", key, [&](reader& in) { stored = in.text(); });
    if (!done) return std::unexpected(done.error());
    if (!stored) return std::unexpected(store_error{store_fault::corrupt, "a row that was just stored is not there"});
    return std::move(*stored);
}

// Empty where there is none.
store_result<std::vector<std::string>> keys::stored_hashes(std::span<const store::policy_version> rows) {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    arrays asked(std::span(store::version_columns).first(2));
    for (const store::policy_version& row : rows) asked.text(row.tenant).text(row.version);
    std::vector<std::string> found(rows.size());
    (*db)->query("SELECT k.i, p.hash FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(tenant, version, i) "
                 "JOIN policy_versions AS p ON p.tenant = k.tenant AND p.version = k.version",
                 asked.finish());
    auto done = (*db)->run([&](std::size_t, reader& in) {
        const auto i = static_cast<std::size_t>(in.number());
        found.at(i - 1) = in.text();
    });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<std::vector<std::string>> keys::remember(std::span<const store::policy_version> rows) {
    auto found = stored_hashes(rows);
    if (!found) return found;
    arrays fresh{std::span(store::version_columns)};
    for (std::size_t i = 0; i < rows.size(); ++i)
        if ((*found)[i].empty()) store::put(fresh, rows[i]);
    if (fresh.empty()) return found;
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    (*db)->query("INSERT INTO policy_versions (" + store::column_names(store::version_columns) +
                     ") SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) ORDER BY 1, 2 "
                     "ON CONFLICT (tenant, version) DO NOTHING",
                 fresh.finish());
    if (auto done = (*db)->run(); !done) return std::unexpected(done.error());
    return stored_hashes(rows);
}

store_result<std::vector<std::string>> keys::remember_policies(const std::vector<store::policy_version>& rows) {
    std::vector<std::string> all;
    std::span<const store::policy_version> rest = rows;
    while (!rest.empty()) {
        const std::size_t count = std::min(rest.size(), limits::store_page_rows_max);
        auto some = remember(rest.first(count));
        if (!some) return some;
        std::ranges::move(*some, std::back_inserter(all));
        rest = rest.subspan(count);
    }
    return all;
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

}
