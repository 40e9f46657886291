#include "rules.hpp"

namespace tollgate::policy::rules {

// A status set at run time outranks the file: suspending must not wait for a deployment.
objection tenant_active(const facts& about, const tenant_policy& policy) {
    const bool active = about.tenant_status.empty() ? policy.status == status::active : about.tenant_status == "active";
    if (active) return std::nullopt;
    refusal out;
    out.code = errc::tenant_suspended;
    out.scope_kind = "tenant";
    out.scope_id = about.who.tenant;
    return out;
}

}
