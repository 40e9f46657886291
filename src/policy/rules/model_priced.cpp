#include "rules.hpp"

namespace tollgate::policy::rules {

// Without a price nothing can be held: wherever money is limited the model may not run.
objection model_priced(const facts& about, const tenant_policy& policy) {
    if (about.model_priced || !policy.limits_money()) return std::nullopt;
    refusal out;
    out.code = errc::model_not_priced;
    out.message = "The model " + about.who.model +
                  " has no price, so its cost cannot be held. Choose another model, or "
                  "an administrator adds it to the price book.";
    out.param = "model";
    return out;
}

}
