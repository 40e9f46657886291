#pragma once

#include "client.hpp"

#include <tollgate/store/account_store.hpp>
#include <tollgate/store/verify.hpp>

namespace tollgate::postgres {

// Reads on a connection of its own, a statement or one short snapshot at a time: a long one would keep the ledger's
// dead row versions alive and slow every batch.
class accounts final : public store::account_store {
public:
    explicit accounts(connect_options options) : client_(std::move(options)) {}
    store_result<void> connect();

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
    store_result<std::vector<tollgate::ledger::usage_row>> usage_rows(const std::string& rest, scalars& values);
    store_result<std::optional<tollgate::ledger::usage_row>> usage_one(const std::string& rest, scalars& values);
    store_result<std::vector<tenant_id>> tenants();
    store_result<store::tenant_books> read_books(const tenant_id& tenant);

    client client_;
};

}
