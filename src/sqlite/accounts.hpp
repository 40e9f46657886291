#pragma once

#include "session.hpp"

#include <tollgate/store/account_store.hpp>
#include <tollgate/store/verify.hpp>

namespace tollgate::sqlite {

// Reads on a connection of its own; each call is one short read transaction, a verification one per tenant.
class accounts final : public store::account_store {
public:
    explicit accounts(std::unique_ptr<session> db) : db_(std::move(db)) {}

    store_result<std::vector<std::pair<tollgate::ledger::counter_key, tollgate::ledger::counter>>>
    counters(const std::vector<tollgate::ledger::counter_key>& keys) override;
    store_result<std::optional<tollgate::ledger::balance_row>> balance(const tenant_id& tenant) override;
    store_result<std::vector<tollgate::ledger::entry>> entries(const tenant_id& tenant, std::size_t newest) override;
    store_result<std::vector<tollgate::ledger::entry>> balance_movements(const tenant_id& tenant,
                                                                         instant from) override;
    store_result<std::optional<tollgate::ledger::usage_row>> request(const tenant_id& tenant, request_id id) override;
    store_result<std::optional<tollgate::ledger::usage_row>> request(request_id id) override;
    store_result<std::optional<tollgate::ledger::stored_answer>> stored_answer(const tenant_id& tenant,
                                                                               request_id id) override;
    store_result<std::vector<tollgate::ledger::usage_row>> usage_page(const store::usage_query& query, request_id after,
                                                                      std::size_t count) override;
    store_result<std::vector<tollgate::ledger::usage_row>> decisions(const store::decision_query& query) override;
    store_result<store::counter_page> counters_after(const store::scope_key& after, const tenant_id& tenant,
                                                     std::int64_t since_s, std::size_t scopes) override;
    store_result<std::vector<store::usage_group>> usage_groups(const store::usage_query& query,
                                                               const std::vector<std::string>& by) override;
    store_result<std::vector<store::discrepancy>>
    verify(const std::optional<tenant_id>& tenant,
           const std::function<void(std::size_t, std::size_t)>& progress) override;
    store_result<instant> now() override;

private:
    template <class T>
    store_result<T> judged(T value) {
        if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
        return value;
    }
    std::vector<tollgate::ledger::usage_row> usage_rows();
    std::optional<tollgate::ledger::usage_row> usage_one();
    std::vector<tenant_id> tenants();

    std::unique_ptr<session> db_;
};

// Everything that store::compare needs about one tenant, in one read transaction.
store_result<store::tenant_books> read_books(session& db, const tenant_id& tenant);

}
