#pragma once

#include <tollgate/store/account_store.hpp>

namespace tollgate::app {

// The group's figures on top of the total's; what it is grouped by stays the total's.
inline void add(store::usage_group& total, const store::usage_group& one) {
    total.requests += one.requests;
    total.refused += one.refused;
    total.prompt_tokens += one.prompt_tokens;
    total.cached_tokens += one.cached_tokens;
    total.completion_tokens += one.completion_tokens;
    total.charged += one.charged;
    total.provider_cost += one.provider_cost;
    total.estimated += one.estimated;
}

}
