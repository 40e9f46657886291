#pragma once

#include "session.hpp"

#include <tollgate/store/seed_store.hpp>

namespace tollgate::sqlite {

class seeds final : public store::seed_store {
public:
    explicit seeds(std::unique_ptr<session> db) : db_(std::move(db)) {}

    store_result<std::vector<store::kept_counters>> kept(const std::vector<tenant_id>& tenants) override;
    store_result<void> keep(const std::vector<store::kept_counters>& rows) override;
    store_result<std::vector<tollgate::ledger::reservation>> holds(const tenant_id& tenant, request_id after,
                                                                   std::size_t count) override;
    store_result<std::size_t> plant(std::vector<tollgate::ledger::seed> fresh) override;
    store_result<instant> now() override;

private:
    bool plant_one(const tollgate::ledger::seed& fresh);

    std::unique_ptr<session> db_;
};

}
