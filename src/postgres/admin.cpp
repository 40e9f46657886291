#include "admin.hpp"

#include "key_statements.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/store/claims.hpp>

namespace tollgate::postgres {

using store::key_row;

namespace {

const std::string next_revision = "WITH next AS (UPDATE key_revision SET revision = revision + 1 WHERE one = 1 "
                                  "RETURNING revision) ";

}

store_result<void> admin::connect() {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    return {};
}

// In a transaction a lost connection is the end of it: a new one would run the rest outside.
store_result<std::int64_t> admin::ask(const std::string& sql, scalars& values,
                                      const std::function<void(reader&)>& on_row) {
    if (!open_) return client_.ask(sql, values, on_row);
    if (fault_) return std::unexpected(*fault_);
    connection* db = client_.live();
    if (!db) {
        fault_ = store_error{store_fault::unavailable, "the connection was lost"};
        return std::unexpected(*fault_);
    }
    db->query(sql, values.finish());
    if (auto done = db->run([&](std::size_t, reader& in) { on_row(in); }); !done) {
        fault_ = done.error();
        return std::unexpected(done.error());
    }
    return db->changed(0);
}

store_result<void> admin::change(const std::string& sql, scalars& values) {
    const auto changed = ask(sql, values);
    if (!changed) return std::unexpected(changed.error());
    return {};
}

// ---- idempotency ----

store_result<store::claim_answer> admin::claim(const store::request_claim& asked) {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    scalars old, dead, row, key;
    old.number(limits::admin_answer_kept_s);
    dead.text(asked.actor).text(asked.key).number(limits::admin_claim_ms);
    row.text(asked.actor).text(asked.key).text(asked.fingerprint).text(asked.claim);
    key.text(asked.actor).text(asked.key);
    (*db)->query("DELETE FROM admin_requests WHERE claimed < clock_timestamp() - $1::bigint * interval '1 second'",
                 old.finish());
    (*db)->query("DELETE FROM admin_requests WHERE actor = $1 AND idempotency_key = $2 AND status IS NULL "
                 "AND claimed < clock_timestamp() - $3::bigint * interval '1 millisecond'",
                 dead.finish());
    (*db)->query("INSERT INTO admin_requests (actor, idempotency_key, fingerprint, claim, claimed) "
                 "VALUES ($1, $2, $3, $4, clock_timestamp()) ON CONFLICT (actor, idempotency_key) DO NOTHING",
                 row.finish());
    if (auto done = (*db)->run(); !done) return std::unexpected(done.error());
    // A transaction of its own: it must see what another process committed first.
    store::admin_claim_row stored;
    const auto done = client_.ask("SELECT fingerprint, claim, status, answer FROM admin_requests WHERE actor = $1 AND "
                                  "idempotency_key = $2",
                                  key, [&](reader& in) { stored = store::take_admin_claim(in); });
    if (!done) return std::unexpected(done.error());
    return store::judge(std::move(stored), asked);
}

store_result<void> admin::unclaim(const store::request_claim& asked) {
    scalars values;
    values.text(asked.actor).text(asked.key).text(asked.claim);
    return change("DELETE FROM admin_requests WHERE actor = $1 AND idempotency_key = $2 AND claim = $3 "
                  "AND status IS NULL",
                  values);
}

store_result<bool> admin::finish(const store::request_claim& claimed, int status, const std::string& answer) {
    scalars values;
    values.number(status).text(answer).text(claimed.actor).text(claimed.key).text(claimed.claim);
    const auto changed = ask("UPDATE admin_requests SET status = $1::bigint, answer = $2 WHERE actor = $3 AND "
                             "idempotency_key = $4 AND claim = $5 AND status IS NULL",
                             values);
    if (!changed) return std::unexpected(changed.error());
    return *changed == 1;
}

// ---- changes ----

store_result<void> admin::begin() {
    TG_ASSERT(!open_);
    fault_.reset();
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    (*db)->query("BEGIN");
    (*db)->query("UPDATE key_revision SET revision = revision + 1 WHERE one = 1");
    open_ = true;
    auto done = (*db)->run();
    if (!done) rollback();
    return done;
}

store_result<void> admin::commit() {
    TG_ASSERT(open_);
    connection* db = client_.live();
    if (!db && !fault_) fault_ = store_error{store_fault::unavailable, "the connection was lost"};
    if (fault_) {
        const store_error why = *fault_;
        rollback();
        return std::unexpected(why);
    }
    open_ = false;
    db->query("COMMIT");
    auto done = db->run();
    if (!done) db->give_up();
    return done;
}

void admin::rollback() {
    open_ = false;
    connection* db = client_.live();
    if (!db) return;
    db->query("ROLLBACK");
    if (!db->run()) db->give_up();
}

store_result<std::optional<key_row>> admin::key(const key_id& id) {
    std::optional<key_row> found;
    scalars values;
    values.text(id);
    const auto done = ask(select_keys("WHERE id = $1"), values, [&](reader& in) { found = store::take_key(in); });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<void> admin::create_key(const key_row& row) {
    scalars values;
    store::put(values, row);
    return change(next_revision + "INSERT INTO api_keys (" + store::column_names(store::key_columns) +
                      ") SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
                      "next.revision + 0 * $16::bigint FROM next",
                  values);
}

store_result<void> admin::update_key(const key_row& row) {
    scalars values;
    store::put(values, row);
    const auto changed =
        ask(next_revision + "UPDATE api_keys SET (" + store::column_names(std::span(store::key_columns).subspan(1)) +
                ") = ROW($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
                "next.revision + 0 * $16::bigint) FROM next WHERE id = $1",
            values);
    if (!changed) return std::unexpected(changed.error());
    if (*changed == 1) return {};
    fault_ = store_error{store_fault::corrupt, "there is no key " + row.id};
    return std::unexpected(*fault_);
}

store_result<std::string> admin::tenant_status(const tenant_id& tenant) {
    std::string status;
    scalars values;
    values.text(tenant);
    const auto done =
        ask("SELECT status FROM tenant_flags WHERE tenant = $1", values, [&](reader& in) { status = in.text(); });
    if (!done) return std::unexpected(done.error());
    return status;
}

store_result<void> admin::set_tenant_status(const tenant_id& tenant, const std::string& status) {
    scalars values;
    values.text(tenant).text(status);
    return change(next_revision + "INSERT INTO tenant_flags (tenant, status, revision) SELECT $1, $2, next.revision "
                                  "FROM next ON CONFLICT (tenant) DO UPDATE SET status = excluded.status, "
                                  "revision = excluded.revision",
                  values);
}

store_result<std::optional<store::policy_version>> admin::version_of(const tenant_id& tenant,
                                                                     const std::string& version) {
    std::optional<store::policy_version> found;
    scalars values;
    values.text(tenant).text(version);
    const auto done = ask("SELECT " + store::column_names(store::version_columns) +
                              ", seen FROM policy_versions WHERE tenant = $1 AND version = $2",
                          values, [&](reader& in) { found = store::take_version(in); });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<void> admin::add_version(const store::policy_version& row) {
    scalars values;
    store::put(values, row);
    return change("INSERT INTO policy_versions (" + store::column_names(store::version_columns) +
                      ") VALUES ($1, $2, $3, $4) ON CONFLICT (tenant, version) DO NOTHING",
                  values);
}

store_result<std::optional<store::published_policy>> admin::published(const tenant_id& tenant) {
    std::optional<store::published_policy> found;
    scalars values;
    values.text(tenant);
    const auto done =
        ask(select_published("WHERE tenant = $1"), values, [&](reader& in) { found = store::take_published(in); });
    if (!done) return std::unexpected(done.error());
    return found;
}

store_result<void> admin::publish(const store::published_policy& row) {
    scalars values;
    values.text(row.tenant).text(row.version).text(row.content).text(row.actor);
    return change(next_revision +
                      "INSERT INTO published_policies (tenant, version, content, actor, at, revision) SELECT $1, $2, "
                      "$3, $4, clock_timestamp(), next.revision FROM next ON CONFLICT (tenant) DO UPDATE SET "
                      "version = excluded.version, content = excluded.content, actor = excluded.actor, "
                      "at = excluded.at, revision = excluded.revision",
                  values);
}

store_result<void> admin::audit(const store::audit_row& row) {
    scalars values = audit_values(row);
    return change(insert_audit, values);
}

}
