#pragma once

// Rows that people ask for, read in the manner of store/rows.hpp.

#include <tollgate/core/price_baselines.hpp>
#include <tollgate/store/account_store.hpp>

namespace tollgate::store {

// tenant, provider, model, price, actor, approved
template <class In>
price_baseline take_price_baseline(In& in) {
    price_baseline row;
    row.tenant = in.text();
    row.provider = in.text();
    row.model = in.text();
    if (auto terms = parse_price(in.text()))
        row.approved = *terms;
    else
        in.damaged("price_baselines.price");
    row.actor = in.text();
    row.at = in.time();
    return row;
}

// The values of `grouped` columns, then the sums in the order of usage_group.
template <class In>
usage_group take_usage_group(In& in, std::size_t grouped) {
    usage_group row;
    for (std::size_t i = 0; i < grouped; ++i) row.by.push_back(in.text());
    row.requests = in.number();
    row.refused = in.number();
    row.prompt_tokens = in.number();
    row.completion_tokens = in.number();
    row.cached_tokens = in.number();
    row.charged = usd_nano(in.number());
    row.provider_cost = usd_nano(in.number());
    row.estimated = usd_nano(in.number());
    return row;
}

}
