#include "rules.hpp"

namespace tollgate::policy::rules {

objection key_valid(const facts& about, const tenant_policy&) {
    const auto passed = [&](const std::optional<instant>& end) { return end && *end <= about.at; };
    const bool revoked = passed(about.key_revoked);
    if (!revoked && !passed(about.key_expires)) return std::nullopt;
    refusal out;
    out.code = revoked ? errc::api_key_revoked : errc::api_key_expired;
    return out;
}

}
