#include "rules.hpp"

namespace tollgate::policy {

// Compared for this very request, in whole thousandths.
bool price_spiked(usd_nano now, usd_nano approved, const tenant_policy& policy) {
    const auto& most = policy.fallback.price_increase_max_permille;
    if (!most || approved == usd_nano()) return false;
    return static_cast<__int128>(now.count()) * 1000 > static_cast<__int128>(approved.count()) * *most;
}

namespace rules {

namespace {

std::string per_million(std::int64_t input, std::int64_t output) {
    return to_usd(usd_nano(input)) + " USD input and " + to_usd(usd_nano(output)) + " USD output per million tokens";
}

}

// A price may rise overnight; nobody has agreed to pay it until it is approved.
objection price_spike(const facts& about, const tenant_policy& policy) {
    if (!price_spiked(about.estimate, about.approved_estimate, policy)) return std::nullopt;
    const std::string before = per_million(about.approved_input, about.approved_output);
    const std::string now = per_million(about.price_input, about.price_output);
    refusal out;
    out.code = errc::price_increase_not_approved;
    out.message = "The price of the model " + about.who.model + " rose from " + before + " to " + now +
                  ", which is more than this account's policy accepts. Choose another model, or an administrator "
                  "approves the price.";
    out.param = "model";
    out.scope_kind = "tenant";
    out.scope_id = about.who.tenant;
    out.extra = {{"price.approved_input_usd", to_usd(usd_nano(about.approved_input))},
                 {"price.approved_output_usd", to_usd(usd_nano(about.approved_output))},
                 {"price.input_usd", to_usd(usd_nano(about.price_input))},
                 {"price.output_usd", to_usd(usd_nano(about.price_output))}};
    return out;
}

}

}
