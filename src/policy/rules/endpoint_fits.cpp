#include "rules.hpp"

namespace tollgate::policy::rules {

objection endpoint_fits(const facts& about, const tenant_policy&) {
    if (about.right_endpoint) return std::nullopt;
    refusal out;
    out.code = errc::invalid_request;
    out.message = "The model " + about.who.model +
                  " does not serve this endpoint: embedding models answer "
                  "/v1/embeddings only, other models do not.";
    out.param = "model";
    return out;
}

}
