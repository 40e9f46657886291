#include "rules.hpp"

#include <algorithm>

namespace tollgate::policy::rules {

// A model that the key may not use looks like one that does not exist: a key tells nothing about other keys.
objection model_known(const facts& about, const tenant_policy&) {
    const bool pinned_away = !about.key_models.empty() && !std::ranges::count(about.key_models, about.who.model);
    if (about.model_known && !pinned_away) return std::nullopt;
    refusal out;
    out.code = errc::model_not_found;
    out.message = "The model " + about.who.model +
                  " does not exist or this key may not use it. "
                  "GET /v1/models lists the models it may use.";
    out.param = "model";
    return out;
}

}
