#include "rules.hpp"

namespace tollgate::policy::rules {

// Hosted tools loop inside one request; without a bound on their calls no hold covers them. Work in the background
// runs on after its connection, where nothing meters it.
objection hosted_tools(const facts& about, const tenant_policy& policy) {
    if (!policy.limits_money()) return std::nullopt;
    const bool tools = about.hosted_tools > 0 && !policy.allow_hosted_tools;
    if (!tools && !about.background) return std::nullopt;
    refusal out;
    out.code = errc::hosted_tool_not_allowed;
    out.param = tools ? "tools" : "background";
    out.message = tools
                      ? "Hosted tools (web search, code interpreter, ...) are not allowed for this tenant, because its "
                        "spending is limited and their cost is not bounded. Remove them or ask an administrator."
                      : "background: true is not allowed for this tenant, because its spending is limited. Send the "
                        "request without it.";
    return out;
}

}
