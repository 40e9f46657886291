#pragma once

#include "client.hpp"

#include <tollgate/store/scope_rows.hpp>
#include <tollgate/store/seed_store.hpp>

#include <map>

namespace tollgate::postgres {

class seeds final : public store::seed_store {
public:
    explicit seeds(connect_options options) : client_(std::move(options)) {}
    store_result<void> connect();

    store_result<std::vector<store::kept_counters>> kept(const std::vector<tenant_id>& tenants) override;
    store_result<void> keep(const std::vector<store::kept_counters>& rows) override;
    store_result<std::vector<tollgate::ledger::reservation>> holds(const tenant_id& tenant, request_id after,
                                                                   std::size_t count) override;
    store_result<std::size_t> plant(std::vector<tollgate::ledger::seed> fresh) override;
    store_result<instant> now() override;

private:
    struct found_rows {
        tollgate::ledger::counter_rows counters;
        store::scope_rows scopes; // of the counters
        std::map<tollgate::ledger::counter_key, tollgate::ledger::seed> seeds;
    };
    store_result<found_rows> lock(connection& db, const std::vector<tollgate::ledger::seed>& fresh);
    store_result<void> write(connection& db, const store::scope_table& scopes,
                             const std::vector<tollgate::ledger::seed>& kept);

    client client_;
};

}
