#pragma once

// Which route serves: the first choice, and who may take its place.

#include "call.hpp"

namespace tollgate::app {

// The model asked for by the route that this request takes, the same one each time.
quote first_offer(call& c);

// The route that a model would be served by now.
const model_route& route_for(call& c, const model& target);

// An offer that failed, or is not worth trying, and what has been tried before it.
struct fallback_path {
    quote first; // what a tenant's price limit is measured by
    std::vector<const model_route*> tried;
};

// What may take the place of what failed, as the tenant approves it: another route of the model, lowest priority first,
// then the models that the catalogue names in its place. Nothing: nobody may.
std::optional<quote> next_offer(call& c, const fallback_path& path);

// Whether its provider is worth an attempt.
bool worth_trying(call& c, const model_route& route);

}
