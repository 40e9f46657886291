// Models that could take the place of the one asked for, and whether the caller has confirmed the cost.
#include "look_ahead.hpp"

#include "judging.hpp"
#include "route.hpp"

namespace tollgate::app {

std::string lacks(const call& c, const quote& of) {
    const model& m = *of.target;
    if (c.asked.tools + c.asked.hosted_tools > 0 && !m.tools) return "tools";
    if (c.asked.images > 0 && !m.vision) return "images";
    if (c.asked.wants_json_schema && !m.json_schema) return "json_schema";
    if ((c.asked.audio_bytes > 0 || c.asked.audio_output) && c.asked_for->alias != m.alias) return "audio";
    if (m.context_tokens > 0 && of.bound.input_tokens > m.context_tokens) return "context";
    return {};
}

namespace {

policy::candidate describe(const call& c, const std::string& alias, const quote& offer) {
    policy::candidate out;
    out.model = alias;
    out.known = offer.target != nullptr;
    if (!out.known) return out;
    out.tier = offer.target->tier;
    out.provider = offer.route->provider->name;
    out.rank = c.config->catalog->rank_of(out.tier);
    out.priced = offer.price != nullptr;
    out.right_endpoint = offer.target->embeddings == (c.where == openai::endpoint::embeddings);
    out.lacks = lacks(c, offer);
    if (out.lacks.empty() && price_spiked(offer.estimate, offer.approved_estimate, *c.policy))
        out.lacks = "approved_price";
    out.tokens = offer.tokens;
    out.estimate = offer.estimate;
    out.input_estimate = offer.input_estimate;
    return out;
}

}

// From the tier asked for downwards, what the policy names for each. A quote is kept: its route was drawn, and the hold
// must be for the very one that was judged.
std::vector<policy::candidate> look_ahead::downgrades() {
    std::vector<policy::candidate> out;
    const auto& models = c_.config->catalog->models;
    for (const std::string& alias : downgrade_targets(*c_.policy, c_.config->catalog->tiers, c_.facts.tier_rank)) {
        const auto at = models.find(alias);
        quote& offer = c_.cheaper.emplace_back();
        if (at != models.end()) offer = quote_for(c_, *at->second, route_for(c_, *at->second));
        out.push_back(describe(c_, alias, offer));
    }
    c_.outlook.candidates = out;
    return out;
}

const std::string& digest_of(call& c) {
    if (c.digest.empty()) c.digest = c.use.digests.request_digest(openai::route_of(c.where), c.body);
    return c.digest;
}

ports::confirmation_binding binding_of(call& c, const policy::facts& about) {
    return {about.who.tenant, about.who.key, digest_of(c), about.who.model, about.estimate};
}

policy::confirmation look_ahead::confirmed(const policy::facts& about) {
    const auto sent = find_field(c_.x.fields(), "x-ai-confirm");
    policy::confirmation state = policy::confirmation::none;
    c_.confirmation_id.clear();
    if (c_.confirmation_spent) {
        state = policy::confirmation::invalid;
    } else if (sent && same_name(*sent, "decline")) {
        state = policy::confirmation::declined;
    } else if (sent) {
        auto id = c_.use.confirmations.check(*sent, binding_of(c_, about), c_.arrived);
        state = id ? policy::confirmation::valid : policy::confirmation::invalid;
        if (id) c_.confirmation_id = std::move(*id);
    }
    c_.outlook.confirmed = state;
    return state;
}

}
