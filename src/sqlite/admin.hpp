#pragma once

#include "session.hpp"

#include <tollgate/store/admin_store.hpp>

namespace tollgate::sqlite {

class admin final : public store::admin_store {
public:
    explicit admin(std::unique_ptr<session> db) : db_(std::move(db)) {}

    store_result<store::claim_answer> claim(const store::request_claim& asked) override;
    store_result<void> unclaim(const store::request_claim& asked) override;

    store_result<void> begin() override;
    store_result<void> commit() override;
    void rollback() override;
    store_result<std::optional<store::key_row>> key(const key_id& id) override;
    store_result<void> create_key(const store::key_row& row) override;
    store_result<void> update_key(const store::key_row& row) override;
    store_result<std::string> tenant_status(const tenant_id& tenant) override;
    store_result<void> set_tenant_status(const tenant_id& tenant, const std::string& status) override;
    store_result<std::optional<store::policy_version>> version_of(const tenant_id& tenant,
                                                                  const std::string& version) override;
    store_result<void> add_version(const store::policy_version& row) override;
    store_result<std::optional<store::published_policy>> published(const tenant_id& tenant) override;
    store_result<void> publish(const store::published_policy& row) override;
    store_result<void> audit(const store::audit_row& row) override;
    store_result<bool> finish(const store::request_claim& claimed, int status, const std::string& answer) override;

    store_result<std::vector<store::key_row>> keys(const tenant_id& tenant, const key_id& after,
                                                   std::size_t count) override;
    store_result<std::vector<store::tenant_flag>> flags(std::size_t count) override;
    store_result<std::vector<store::policy_version>> versions(const tenant_id& tenant, std::size_t count) override;
    store_result<std::vector<store::audit_entry>> audits(const store::audit_query& asked) override;

private:
    // In a transaction a failure sticks for its commit; outside it is the answer's own.
    store_result<void> judged();
    template <class T>
    store_result<T> judged(T value) {
        if (auto done = judged(); !done) return std::unexpected(done.error());
        return value;
    }

    std::unique_ptr<session> db_;
    bool open_ = false;
    std::optional<store_error> fault_; // of the open transaction
};

// A row of the audit, in a transaction of the caller's.
void write_audit(session& db, const store::audit_row& row);

}
