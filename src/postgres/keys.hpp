#pragma once

#include "client.hpp"

#include <tollgate/store/key_store.hpp>

namespace tollgate::postgres {

class keys final : public store::key_store {
public:
    explicit keys(connect_options options) : client_(std::move(options)) {}
    store_result<void> connect();

    store_result<void> create(const store::key_row& row) override;
    store_result<bool> update(const store::key_row& row) override;
    store_result<std::optional<store::key_row>> by_hash(const store::key_hash& hash) override;
    store_result<std::optional<store::key_row>> by_id(const key_id& id) override;
    store_result<std::vector<store::key_row>> list(const std::optional<tenant_id>& tenant) override;
    store_result<std::vector<store::key_row>> changed_since(std::int64_t revision, std::size_t count) override;
    store_result<std::int64_t> revision() override;
    store_result<std::string> secret(const std::string& name, const std::string& fresh) override;
    store_result<std::string> remember_policy(const tenant_id& tenant, const std::string& version,
                                              const std::string& hash, const std::string& content) override;
    store_result<std::optional<store::policy_version>> remembered_policy(const tenant_id& tenant,
                                                                         const std::string& version) override;
    store_result<std::vector<store::policy_version>> remembered_policies(const tenant_id& tenant) override;
    store_result<void> audit(const std::string& actor, const std::string& what, const std::string& subject,
                             const std::string& before, const std::string& after) override;

private:
    store_result<std::vector<store::key_row>> rows(const std::string& rest, scalars& values);
    store_result<std::optional<store::key_row>> one(const std::string& rest, scalars& values);
    store_result<std::string> stored_once(const char* insert, scalars& row, const char* select, scalars& key);

    client client_;
};

}
