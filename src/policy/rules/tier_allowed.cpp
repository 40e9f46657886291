#include "rules.hpp"

#include <algorithm>

namespace tollgate::policy::rules {

namespace {

std::string listed(const std::vector<std::string>& tiers) {
    std::string out;
    for (const std::string& tier : tiers) out += (out.empty() ? "" : ", ") + tier;
    return out;
}

}

objection tier_allowed(const facts& about, const tenant_policy& policy) {
    if (policy.allowed_tiers.empty() || std::ranges::count(policy.allowed_tiers, about.who.tier)) return std::nullopt;
    refusal out;
    out.code = errc::model_tier_not_allowed;
    out.message = "The model " + about.who.model + " is of tier " + about.who.tier + "; tenant " + about.who.tenant +
                  " may use: " + listed(policy.allowed_tiers) + ". Choose such a model or ask an administrator.";
    out.param = "model";
    out.tier = about.who.tier;
    out.scope_kind = "tenant";
    out.scope_id = about.who.tenant;
    return out;
}

}
