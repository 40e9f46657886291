#include <tollgate/app/recast.hpp>

#include "judging.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

usage_bound bound_for(const model& target, const recorded_bound& from) {
    usage_bound out;
    out.input_tokens = from.input_tokens;
    out.tool_calls = from.tool_calls;
    out.audio_input_tokens = from.audio_input_tokens;
    out.image_input_tokens = from.image_input_tokens;
    const std::int64_t most = target.max_output_tokens > 0 ? target.max_output_tokens : limits::tokens_max;
    const std::int64_t beside = from.output_tokens - from.cap * from.choices; // predicted output
    out.output_tokens = std::min(from.cap, most) * from.choices + beside;
    return out;
}

// What the model that was asked for is tells it, where it is still known; no output is asked of others too.
bool asked_embeddings(const decision_record& from, const catalog& models) {
    const model* asked = models.find(from.facts.who.model);
    return asked ? asked->embeddings == from.facts.right_endpoint : from.bound.cap == 0;
}

std::string lacks(const model& target, const recorded_bound& from) {
    if (from.image_input_tokens > 0 && !target.vision) return "images";
    if (from.tool_calls > 0 && !target.tools) return "tools";
    if (from.audio_input_tokens > 0) return "audio";
    if (target.context_tokens > 0 && from.input_tokens > target.context_tokens) return "context";
    return {};
}

}

policy::candidate recast_as(const std::string& alias, const decision_record& from, const policy::tenant_policy& policy,
                            const catalog& models) {
    policy::candidate out;
    out.model = alias;
    const model* target = models.find(alias);
    out.known = target != nullptr;
    if (!target) return out;
    out.tier = target->tier;
    const model_route& route = target->routes.front();
    out.provider = route.provider->name;
    out.rank = models.rank_of(target->tier);
    out.right_endpoint = target->embeddings == asked_embeddings(from, models);
    out.lacks = lacks(*target, from.bound);
    const usage_bound bound = bound_for(*target, from.bound);
    out.tokens = bound.input_tokens + bound.output_tokens;
    const tollgate::price* price = route.price_at(from.facts.at);
    out.priced = price != nullptr;
    if (!price) return out;
    const estimates worst = worst_of(bound, *price, default_tier(models), policy);
    out.estimate = worst.whole;
    out.input_estimate = worst.input;
    return out;
}

std::vector<policy::candidate> recast_outlook::downgrades() {
    const auto then = from_.outlook.candidates.value_or(std::vector<policy::candidate>{});
    std::vector<policy::candidate> out;
    for (const std::string& alias : downgrade_targets(policy_, models_.tiers, from_.facts.tier_rank)) {
        const auto known = std::ranges::find(then, alias, &policy::candidate::model);
        out.push_back(known != then.end() ? *known : recast_as(alias, from_, policy_, models_));
    }
    return out;
}

policy::confirmation recast_outlook::confirmed(const policy::facts&) {
    return from_.outlook.confirmed.value_or(policy::confirmation::none);
}

}
