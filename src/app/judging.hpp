#pragma once

// What a request and its simulation share: how a course's question is put to the ledger, how its answer is read, which
// models may take a place. Pure.

#include <tollgate/core/catalog.hpp>
#include <tollgate/ledger/types.hpp>
#include <tollgate/policy/course.hpp>

#include <span>
#include <string>
#include <vector>

namespace tollgate::app {

// Money that is only held is asked for again after pauses that double up to the maximum.
inline constexpr std::uint32_t capacity_pause_first_ms = 10;
inline constexpr std::uint32_t capacity_pause_ms_max = 200;

// Without id, node, expiry and record, which are the caller's.
ledger::reserve_op question_of(const policy::course& way, const policy::tenant_policy& policy);
policy::ledger_reading reading_of(const ledger::reserve_outcome& answer, const policy::course& way,
                                  const policy::tenant_policy& policy);

// From the tier with this rank downwards, what the policy names for each; each model once.
std::vector<std::string> downgrade_targets(const policy::tenant_policy& policy, std::span<const std::string> tiers,
                                           std::int32_t rank);

// In the customer's money, at most limits::amount_nano_max before the multiplier.
struct estimates {
    usd_nano whole, input;
};
estimates worst_of(const usage_bound& bound, const tollgate::price& at, service_tier tier,
                   const policy::tenant_policy& policy);

// The tier to price a request by that asks for none, or for any.
service_tier default_tier(const catalog& models);

}
