#pragma once

// Approved prices, one for each provider and model, for every tenant or for one.

#include <tollgate/core/error.hpp>
#include <tollgate/core/price_baselines.hpp>

#include <span>
#include <vector>

namespace tollgate::store {

class price_store {
public:
    virtual ~price_store() = default;
    // Those that nothing is known of yet are approved as they are; the others stay. `at` is ignored: the store's clock.
    virtual store_result<void> remember(std::span<const price_baseline> seen) = 0;
    // Takes the place of what was approved for the same tenant, provider and model.
    virtual store_result<void> approve(const price_baseline& what) = 0;
    virtual store_result<std::vector<price_baseline>> list() = 0; // by tenant, provider, model
};

}
