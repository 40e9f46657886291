#pragma once

#include "client.hpp"

#include <tollgate/store/key_store.hpp>

namespace tollgate::postgres {

class keys final : public store::key_store {
public:
    explicit keys(connect_options options) : client_(std::move(options)) {}
    store_result<void> connect();

    store_result<std::optional<store::key_row>> by_hash(const store::key_hash& hash) override;
    store_result<std::optional<store::key_row>> by_id(const key_id& id) override;
    store_result<std::vector<store::key_row>> changed_since(std::int64_t revision, std::size_t count) override;
    store_result<std::vector<store::tenant_flag>> flags_since(std::int64_t revision, std::size_t count) override;
    store_result<std::vector<store::published_policy>> published_since(std::int64_t revision,
                                                                       std::size_t count) override;
    store_result<std::int64_t> revision() override;
    store_result<std::string> secret(const std::string& name, const std::string& fresh) override;
    store_result<std::vector<std::string>> remember_policies(const std::vector<store::policy_version>& rows) override;
    store_result<std::optional<store::policy_version>> remembered_policy(const tenant_id& tenant,
                                                                         const std::string& version) override;
    store_result<std::vector<store::policy_version>> remembered_policies(const tenant_id& tenant) override;

private:
    store_result<std::optional<store::key_row>> one(const std::string& rest, scalars& values);
    store_result<std::vector<std::string>> stored_hashes(std::span<const store::policy_version> rows);
    store_result<std::vector<std::string>> remember(std::span<const store::policy_version> rows);

    client client_;
};

}
