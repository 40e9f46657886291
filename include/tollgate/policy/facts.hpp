#pragma once

// Everything a rule may look at: recorded with the decision, so that replaying gives the same answer.

#include <tollgate/core/attribution.hpp>
#include <tollgate/core/money.hpp>
#include <tollgate/core/time.hpp>
#include <tollgate/policy/retry_facts.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::policy {

struct facts {
    attribution who; // `model` is the alias asked for; tier and provider are the catalogue's
    instant at;
    std::optional<instant> key_expires, key_revoked;
    std::vector<std::string> key_models; // empty: all
    std::string tenant_status;           // set at run time; empty: the policy's own
    std::int32_t tier_rank = 0;          // 0 is the dearest
    bool model_known = false;
    bool model_priced = false;
    bool right_endpoint = true; // an embedding model for embeddings, and the reverse
    std::int64_t hosted_tools = 0;
    std::int64_t tokens = 0; // upper bound, input and output
    usd_nano estimate;       // worst case; zero when not priced
    usd_nano input_estimate; // the part of it that is input
    bool background = false;
    retry_facts retries; // counted only where the policy has a retry_guard
    // Where the tenant limits what prices may rise by: the same request at the price that was approved, and both prices
    // in nano-USD per million tokens. Zero: nothing to compare.
    usd_nano approved_estimate;
    std::int64_t price_input = 0, price_output = 0, approved_input = 0, approved_output = 0;
};

}
