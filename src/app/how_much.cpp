// Step 3: the most this request can cost at the price in force, with this model or another. Pure. Step 4: the rules.
#include "call.hpp"
#include "judging.hpp"
#include "route.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr std::int64_t legacy_completion_default = 16; // what /v1/completions writes when nobody asks

std::int64_t default_cap(const call& c) {
    if (c.where == openai::endpoint::completions) return legacy_completion_default;
    return c.policy->default_max_tokens;
}

// min(asked, model maximum); the policy's default where nothing was asked. No more than what a budget was cut to.
void set_cap(const call& c, quote& of) {
    if (c.where == openai::endpoint::embeddings) return;
    const std::int64_t asked = c.asked.max_output.value_or(default_cap(c));
    const std::int64_t most = of.target->max_output_tokens > 0 ? of.target->max_output_tokens : limits::tokens_max;
    of.cap = std::min({asked, most, c.cap_limit.value_or(limits::tokens_max)});
    of.cap_is_ours = !c.asked.max_output || of.cap != asked;
}

service_tier tier_of(const call& c) {
    const service_tier asked = c.asked.tier.value_or(service_tier::automatic);
    return asked != service_tier::automatic ? asked : default_tier(*c.config->catalog);
}

void set_bound(const call& c, quote& of) {
    const std::int64_t input = openai::input_bound(c.asked, *of.target, *of.route, c.exact_text);
    of.bound.input_tokens = input;
    of.bound.audio_input_tokens = c.asked.audio_tokens;
    of.bound.image_input_tokens = c.asked.image_tokens;
    // Rejected predicted tokens are billed as output, beyond the cap.
    of.bound.output_tokens = of.cap * c.asked.choices + c.asked.prediction_bytes;
    if (c.asked.hosted_tools > 0) {
        // Hosted tools loop inside the request, and each round reads the whole context again.
        of.bound.tool_calls = std::min(c.asked.max_tool_calls.value_or(INT64_MAX), c.policy->hosted_tool_calls_max);
        of.bound.input_tokens = (of.bound.tool_calls + 1) * std::max(input, of.target->context_tokens);
    }
    of.tokens = of.bound.input_tokens + of.bound.output_tokens;
}

void set_estimate(const call& c, quote& of) {
    if (!of.price) return;
    const estimates worst = worst_of(of.bound, *of.price, of.tier, *c.policy);
    of.estimate = worst.whole;
    of.input_estimate = worst.input;
}

// What the same request would cost at the price that was approved, where anybody asks.
void set_approved(const call& c, quote& of) {
    if (!of.price || !c.policy->fallback.price_increase_max_permille || !c.config->approved) return;
    of.approved = c.config->approved->find(c.facts.who.tenant, of.route->provider->name, of.route->upstream_name);
    if (!of.approved) return;
    of.approved_estimate = worst_of(of.bound, *of.approved, of.tier, *c.policy).whole;
}

void state_price(const quote& offer, policy::facts& facts) {
    facts.approved_estimate = offer.approved_estimate;
    facts.price_input = offer.approved ? offer.price->rates.input : 0;
    facts.price_output = offer.approved ? offer.price->rates.output : 0;
    facts.approved_input = offer.approved ? offer.approved->rates.input : 0;
    facts.approved_output = offer.approved ? offer.approved->rates.output : 0;
}

void state(const call& c, const quote& offer, policy::facts& facts) {
    state_price(offer, facts);
    facts.who.tier = offer.target->tier;
    facts.who.provider = offer.route->provider->name;
    facts.tier_rank = c.config->catalog->rank_of(offer.target->tier);
    facts.right_endpoint = offer.target->embeddings == (c.where == openai::endpoint::embeddings);
    facts.model_priced = offer.price != nullptr;
    facts.tokens = offer.tokens;
    facts.estimate = offer.estimate;
    facts.input_estimate = offer.input_estimate;
}

}

quote quote_for(const call& c, const model& target, const model_route& route) {
    quote out;
    out.target = &target;
    out.route = &route;
    out.price = out.route->price_at(c.arrived);
    out.tier = tier_of(c);
    set_cap(c, out);
    set_bound(c, out);
    set_estimate(c, out);
    set_approved(c, out);
    return out;
}

policy::facts facts_of(const call& c, const quote& offer) {
    policy::facts out = c.facts;
    out.who.model = offer.target == c.asked_for ? c.facts.who.model : offer.target->alias;
    out.model_known = true;
    state(c, offer, out);
    return out;
}

void quote_again(call& c) {
    c.offer = first_offer(c);
    c.fallback_reason = c.first_reason;
    state(c, c.offer, c.facts);
    c.record_beginning.clear();
}

// The byte bound did not fit: count, once. True when that made the request smaller.
bool count_exactly(call& c) {
    if (c.exact_text || c.asked.text_bytes == 0) return false;
    c.exact_text = openai::count_input_tokens(c.where, c.body);
    const std::int64_t before = c.facts.tokens;
    quote_again(c);
    return c.facts.tokens < before;
}

void estimate(call& c) {
    c.facts.hosted_tools = c.asked.hosted_tools;
    c.facts.background = c.asked.background;
    c.facts.model_known = c.asked_for != nullptr;
    if (c.asked_for) quote_again(c);
}

std::optional<refusal> judge(call& c) {
    c.rules = policy::decide(c.facts, c.policy);
    const auto& objection = c.rules.objection;
    if (objection && objection->code == errc::request_cost_limit_exceeded && count_exactly(c))
        c.rules = policy::decide(c.facts, c.policy);
    if (objection) c.decided = policy::decided_by(c.rules, c.facts);
    return objection;
}

}
