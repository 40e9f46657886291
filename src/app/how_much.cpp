// Step 3: the most this request can cost at the price in force. Pure.
#include "call.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr std::int64_t legacy_completion_default = 16; // what /v1/completions writes when nobody asks

std::int64_t default_cap(const call& c) {
    if (c.where == openai::endpoint::completions) return legacy_completion_default;
    return c.policy->default_max_tokens;
}

// min(asked, model maximum); the policy's default where nothing was asked.
void set_cap(call& c) {
    if (c.where == openai::endpoint::embeddings) return;
    const std::int64_t asked = c.asked.max_output.value_or(default_cap(c));
    const std::int64_t most = c.target->max_output_tokens > 0 ? c.target->max_output_tokens : limits::tokens_max;
    c.cap = std::min(asked, most);
    c.cap_is_ours = !c.asked.max_output || c.cap != asked;
}

service_tier tier_of(const call& c) {
    const service_tier asked = c.asked.tier.value_or(service_tier::automatic);
    if (asked != service_tier::automatic) return asked;
    const auto& enabled = c.config->catalog->enabled_service_tiers;
    const bool priority = std::ranges::count(enabled, service_tier::priority) > 0;
    return priority ? service_tier::automatic : service_tier::standard;
}

usd_nano in_customer_money(const call& c, usd_nano cost) {
    const __int128 exact = static_cast<__int128>(cost.count()) * c.policy->charge_permille;
    return usd_nano(static_cast<std::int64_t>((exact + 999) / 1000));
}

void price_the_bound(call& c) {
    c.facts.tokens = c.bound.input_tokens + c.bound.output_tokens;
    c.estimate = c.input_estimate = usd_nano();
    if (!c.price) return;
    usage_bound input_only = c.bound;
    input_only.output_tokens = 0;
    const auto whole = worst_case(c.bound, *c.price, c.tier);
    const auto input = worst_case(input_only, *c.price, c.tier);
    // Past every amount we can hold: let the largest one be refused by whatever limit there is.
    c.estimate = in_customer_money(c, whole.value_or(usd_nano(limits::amount_nano_max)));
    c.input_estimate = in_customer_money(c, input.value_or(usd_nano(limits::amount_nano_max)));
    c.facts.estimate = c.estimate;
}

}

void set_bound(call& c, std::int64_t input_tokens) {
    c.bound.input_tokens = input_tokens;
    c.bound.audio_input_tokens = c.asked.audio_tokens;
    c.bound.image_input_tokens = c.asked.image_tokens;
    // Rejected predicted tokens are billed as output, beyond the cap.
    c.bound.output_tokens = c.cap * c.asked.choices + c.asked.prediction_bytes;
    if (c.asked.hosted_tools > 0) {
        // Hosted tools loop inside the request, and each round reads the whole context again.
        c.bound.tool_calls = std::min(c.asked.max_tool_calls.value_or(INT64_MAX), c.policy->hosted_tool_calls_max);
        c.bound.input_tokens = (c.bound.tool_calls + 1) * std::max(input_tokens, c.target->context_tokens);
    }
    price_the_bound(c);
}

// The byte bound did not fit: count, once. True when that made the request smaller.
bool count_exactly(call& c) {
    if (c.counted_exactly || c.asked.text_bytes == 0) return false;
    c.counted_exactly = true;
    const std::int64_t text = openai::count_input_tokens(c.where, c.body);
    const std::int64_t before = c.facts.tokens;
    set_bound(c, openai::input_bound(c.asked, *c.target, text));
    return c.facts.tokens < before;
}

void estimate(call& c) {
    policy::facts& facts = c.facts;
    facts.hosted_tools = c.asked.hosted_tools;
    facts.background = c.asked.background;
    facts.model_known = c.target != nullptr;
    if (!c.target) return;
    facts.who.tier = c.target->tier;
    facts.who.provider = c.target->provider->name;
    facts.right_endpoint = c.target->embeddings == (c.where == openai::endpoint::embeddings);
    c.price = c.target->price_at(c.arrived);
    facts.model_priced = c.price != nullptr;

    set_cap(c);
    c.tier = tier_of(c);
    set_bound(c, openai::input_bound(c.asked, *c.target));
}

std::optional<refusal> judge(call& c) {
    auto objection = policy::decide(c.facts, c.policy.get());
    if (objection && objection->code == errc::request_cost_limit_exceeded && count_exactly(c))
        objection = policy::decide(c.facts, c.policy.get());
    if (objection) return objection;
    c.checks = policy::limits_for(c.facts, *c.policy);
    return std::nullopt;
}

}
