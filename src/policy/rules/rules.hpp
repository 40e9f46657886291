#pragma once

// One rule a file; each objects or has nothing to say. Reasons stand beside the table (rule_table.cpp).

#include <tollgate/core/refusal.hpp>
#include <tollgate/policy/facts.hpp>
#include <tollgate/policy/policy.hpp>

#include <optional>

namespace tollgate::policy::rules {

using objection = std::optional<refusal>;

objection key_valid(const facts&, const tenant_policy&);
objection tenant_active(const facts&, const tenant_policy&);
objection retry_storm(const facts&, const tenant_policy&);
objection feature_allowed(const facts&, const tenant_policy&);
objection model_known(const facts&, const tenant_policy&);
objection tier_allowed(const facts&, const tenant_policy&);
objection endpoint_fits(const facts&, const tenant_policy&);
objection hosted_tools(const facts&, const tenant_policy&);
objection model_priced(const facts&, const tenant_policy&);
objection price_spike(const facts&, const tenant_policy&);
objection request_cost(const facts&, const tenant_policy&);

}
