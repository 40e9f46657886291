#pragma once

#include "session.hpp"

#include <tollgate/store/key_store.hpp>

namespace tollgate::sqlite {

class keys final : public store::key_store {
public:
    explicit keys(std::unique_ptr<session> db) : db_(std::move(db)) {}

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
    template <class T>
    store_result<T> judged(T value) {
        if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
        return value;
    }
    std::vector<std::string> stored_hashes(const std::vector<store::policy_version>& rows);

    std::unique_ptr<session> db_;
};

}
