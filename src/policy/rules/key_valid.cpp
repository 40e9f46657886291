#include "rules.hpp"

namespace tollgate::policy::rules {

objection key_valid(const facts& about, const tenant_policy&) {
    refusal out;
    if (about.key_revoked && *about.key_revoked <= about.at)
        out.code = errc::api_key_revoked;
    else if (about.key_expires && *about.key_expires <= about.at)
        out.code = errc::api_key_expired;
    else
        return std::nullopt;
    return out;
}

}
