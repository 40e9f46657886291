#pragma once

// A model that may serve a request, as the catalogue and the price book describe it for this very request.

#include <tollgate/core/money.hpp>

#include <cstdint>
#include <string>

namespace tollgate::policy {

struct candidate {
    std::string model, tier, provider;
    std::int32_t rank = 0; // of the tier: 0 is the dearest
    bool known = false;
    bool priced = false;
    bool right_endpoint = true;
    std::string lacks;       // what the request needs and the model cannot: "tools", "images", ...; empty: nothing
    std::int64_t tokens = 0; // upper bound, input and output
    usd_nano estimate, input_estimate;
    friend bool operator==(const candidate&, const candidate&) = default;
};

}
