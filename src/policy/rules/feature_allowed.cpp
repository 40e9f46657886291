#include "rules.hpp"

#include <algorithm>

namespace tollgate::policy::rules {

objection feature_allowed(const facts& about, const tenant_policy& policy) {
    if (about.who.feature.empty() || !std::ranges::count(policy.blocked_features, about.who.feature))
        return std::nullopt;
    refusal out;
    out.code = errc::feature_blocked;
    out.message = "Feature " + about.who.feature + " is blocked by the policy of tenant " + about.who.tenant +
                  ". An administrator can allow it.";
    out.scope_kind = "feature";
    out.scope_id = out.feature = about.who.feature;
    return out;
}

}
