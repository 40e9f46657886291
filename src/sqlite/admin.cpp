#include "admin.hpp"

#include "key_statements.hpp"
#include "ledger.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/store/claims.hpp>

namespace tollgate::sqlite {

using store::key_row;

void write_audit(session& db, const store::audit_row& row) {
    db.prepare("INSERT INTO audit_log (at, actor, what, subject, before, after) VALUES (?, ?, ?, ?, ?, ?)")
        .time(clock_now())
        .text(row.actor)
        .text(row.what)
        .text(row.subject)
        .text(row.before)
        .text(row.after);
    db.run();
}

store_result<void> admin::judged() {
    auto done = db_->take_fault();
    if (!done && open_ && !fault_) fault_ = done.error();
    return done;
}

// ---- idempotency ----

store_result<store::claim_answer> admin::claim(const store::request_claim& asked) {
    const instant now = clock_now();
    db_->begin_immediate();
    db_->prepare("DELETE FROM admin_requests WHERE claimed < ?")
        .time({now.us - limits::admin_answer_kept_s * 1'000'000});
    db_->run();
    db_->prepare(
           "DELETE FROM admin_requests WHERE actor = ? AND idempotency_key = ? AND status IS NULL AND claimed < ?")
        .text(asked.actor)
        .text(asked.key)
        .time({now.us - std::int64_t{limits::admin_claim_ms} * 1'000});
    db_->run();
    db_->prepare("INSERT INTO admin_requests (actor, idempotency_key, fingerprint, claim, claimed) "
                 "VALUES (?, ?, ?, ?, ?) ON CONFLICT (actor, idempotency_key) DO NOTHING")
        .text(asked.actor)
        .text(asked.key)
        .text(asked.fingerprint)
        .text(asked.claim)
        .time(now);
    db_->run();
    store::admin_claim_row row;
    db_->prepare("SELECT fingerprint, claim, status, answer FROM admin_requests WHERE actor = ? AND "
                 "idempotency_key = ?")
        .text(asked.actor)
        .text(asked.key);
    db_->each([&](reader& in) { row = store::take_admin_claim(in); });
    if (auto done = db_->commit(); !done) return std::unexpected(done.error());
    return store::judge(row, asked);
}

store_result<void> admin::unclaim(const store::request_claim& asked) {
    db_->begin_immediate();
    db_->prepare("DELETE FROM admin_requests WHERE actor = ? AND idempotency_key = ? AND claim = ? AND status IS NULL")
        .text(asked.actor)
        .text(asked.key)
        .text(asked.claim);
    db_->run();
    return db_->commit();
}

store_result<bool> admin::finish(const store::request_claim& claimed, int status, const std::string& answer) {
    db_->prepare("UPDATE admin_requests SET status = ?, answer = ? WHERE actor = ? AND idempotency_key = ? AND "
                 "claim = ? AND status IS NULL")
        .number(status)
        .text(answer)
        .text(claimed.actor)
        .text(claimed.key)
        .text(claimed.claim);
    db_->run();
    const bool mine = db_->ok() && db_->changed() == 1;
    return judged(mine);
}

// ---- changes ----

store_result<void> admin::begin() {
    TG_ASSERT(!open_);
    fault_.reset();
    db_->begin_immediate();
    auto done = db_->take_fault();
    if (!done) {
        db_->rollback();
        return done;
    }
    open_ = true;
    return {};
}

store_result<void> admin::commit() {
    TG_ASSERT(open_);
    open_ = false;
    if (!fault_) return db_->commit();
    db_->rollback();
    return std::unexpected(*fault_);
}

void admin::rollback() {
    open_ = false;
    db_->rollback();
}

store_result<std::optional<key_row>> admin::key(const key_id& id) { return judged(key_by_id(*db_, id)); }

store_result<void> admin::create_key(const key_row& row) {
    static const std::string sql = insert_into("api_keys", store::key_columns);
    key_row stamped = row;
    stamped.revision = next_revision(*db_);
    store::put(db_->prepare(sql), stamped);
    db_->run();
    return judged();
}

store_result<void> admin::update_key(const key_row& row) {
    static const std::string sql =
        "UPDATE api_keys SET (" + store::column_names(std::span(store::key_columns).subspan(1)) +
        ") = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) WHERE id = ?1";
    key_row stamped = row;
    stamped.revision = next_revision(*db_);
    store::put(db_->prepare(sql), stamped);
    db_->run();
    if (db_->ok() && db_->changed() != 1) db_->fail(store_fault::corrupt, "there is no key " + row.id);
    return judged();
}

store_result<std::string> admin::tenant_status(const tenant_id& tenant) {
    std::string status;
    db_->prepare("SELECT status FROM tenant_flags WHERE tenant = ?").text(tenant);
    db_->each([&](reader& in) { status = in.text(); });
    return judged(std::move(status));
}

store_result<void> admin::set_tenant_status(const tenant_id& tenant, const std::string& status) {
    const std::int64_t revision = next_revision(*db_);
    db_->prepare("INSERT INTO tenant_flags (tenant, status, revision) VALUES (?, ?, ?) ON CONFLICT (tenant) "
                 "DO UPDATE SET status = excluded.status, revision = excluded.revision")
        .text(tenant)
        .text(status)
        .number(revision);
    db_->run();
    return judged();
}

store_result<std::optional<store::policy_version>> admin::version_of(const tenant_id& tenant,
                                                                     const std::string& version) {
    static const std::string sql = "SELECT " + store::column_names(store::version_columns) +
                                   ", seen FROM policy_versions WHERE tenant = ? AND version = ?";
    std::optional<store::policy_version> found;
    db_->prepare(sql).text(tenant).text(version);
    db_->each([&](reader& in) { found = store::take_version(in); });
    return judged(std::move(found));
}

store_result<void> admin::add_version(const store::policy_version& row) {
    static const std::string sql =
        insert_into("policy_versions", store::version_columns, "ON CONFLICT (tenant, version) DO NOTHING");
    store::put(db_->prepare(sql), row);
    db_->run();
    return judged();
}

store_result<std::optional<store::published_policy>> admin::published(const tenant_id& tenant) {
    static const std::string sql = select_from("published_policies", store::published_columns, "WHERE tenant = ?");
    std::optional<store::published_policy> found;
    db_->prepare(sql).text(tenant);
    db_->each([&](reader& in) { found = store::take_published(in); });
    return judged(std::move(found));
}

store_result<void> admin::publish(const store::published_policy& row) {
    const std::int64_t revision = next_revision(*db_);
    db_->prepare("INSERT INTO published_policies (tenant, version, content, at, actor, revision) "
                 "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant) DO UPDATE SET version = excluded.version, "
                 "content = excluded.content, at = excluded.at, actor = excluded.actor, revision = excluded.revision")
        .text(row.tenant)
        .text(row.version)
        .text(row.content)
        .time(clock_now())
        .text(row.actor)
        .number(revision);
    db_->run();
    return judged();
}

store_result<void> admin::audit(const store::audit_row& row) {
    write_audit(*db_, row);
    return judged();
}

}
