#include "rules.hpp"

namespace tollgate::policy::rules {

objection request_cost(const facts& about, const tenant_policy& policy) {
    if (!policy.per_request_max || about.estimate <= *policy.per_request_max) return std::nullopt;
    refusal out;
    out.code = errc::request_cost_limit_exceeded;
    out.message = "This request may cost up to " + to_usd(about.estimate) + " USD, more than the " +
                  to_usd(*policy.per_request_max) +
                  " USD allowed for one request. Lower max_completion_tokens or "
                  "shorten the input.";
    out.param = "max_completion_tokens";
    out.limit_name = policy.per_request_limit_name;
    out.scope_kind = "tenant";
    out.scope_id = about.who.tenant;
    out.limit_usd = policy.per_request_max;
    out.required_usd = about.estimate;
    return out;
}

}
