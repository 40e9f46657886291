#pragma once

#include "client.hpp"

#include <tollgate/store/admin_store.hpp>

namespace tollgate::postgres {

// A transaction begins with the lock of the row that hands out revisions, so that no two overlap.
class admin final : public store::admin_store {
public:
    explicit admin(connect_options options) : client_(std::move(options)) {}
    store_result<void> connect();

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
    // One statement, in the open transaction or in one of its own. Returns how many rows it changed.
    store_result<std::int64_t>
    ask(const std::string& sql, scalars& values, const std::function<void(reader&)>& on_row = [](reader&) {});
    store_result<void> change(const std::string& sql, scalars& values);

    client client_;
    bool open_ = false;
    std::optional<store_error> fault_; // of the open transaction
};

}
