// Routing and fallback: the first choice is the catalogue's; whoever takes its place needs the tenant's approval.
#include "route.hpp"

#include "look_ahead.hpp"

#include <tollgate/core/route_choice.hpp>

#include <algorithm>
#include <array>

namespace tollgate::app {

namespace {

struct odds_list {
    std::array<route_odds, limits::model_routes_max> of;
    std::size_t count = 0;
    std::span<const route_odds> all() const { return {of.data(), count}; }
};

template <class Usable>
odds_list odds_of(call& c, const model& target, Usable usable) {
    odds_list out;
    out.count = std::min(target.routes.size(), out.of.size());
    for (std::size_t i = 0; i < out.count; ++i) {
        const model_route& route = target.routes[i];
        out.of[i] = {route.priority, route.weight, c.use.providers.of(route.provider->name).latency_us(),
                     usable(route)};
    }
    return out;
}

bool spiked(const call& c, const quote& offer) {
    return price_spiked(offer.estimate, offer.approved_estimate, *c.policy);
}

// Where money is limited a route without a price may not serve, nor one whose price rose by more than is accepted.
bool may_serve(const call& c, const model& target, const model_route& route) {
    if (route.price_at(c.arrived) == nullptr) return !c.policy->limits_money();
    return !c.policy->fallback.price_increase_max_permille || !spiked(c, quote_for(c, target, route));
}

bool approved_provider(const call& c, const model_route& route, const model_route& first) {
    const auto& named = c.policy->fallback.providers;
    return named.empty() || route.provider == first.provider || std::ranges::count(named, route.provider->name) > 0;
}

// At most so much dearer than the first choice, for this very request.
bool within_price(const call& c, const quote& offer, const quote& first) {
    if (!first.price) return true; // nothing to measure by, and then no limit in money either
    if (!offer.price) return false;
    const auto scaled = [](usd_nano amount, std::int32_t by) { return static_cast<__int128>(amount.count()) * by; };
    return scaled(offer.estimate, 1000) <=
           scaled(first.estimate, c.policy->fallback.price_increase_max_permille.value_or(1000));
}

bool approved(const call& c, const quote& offer, const fallback_path& path) {
    if (!approved_provider(c, *offer.route, *path.first.route) || !within_price(c, offer, path.first)) return false;
    const bool other_model = offer.target != path.first.target;
    if (other_model && !lacks(c, offer).empty()) return false;
    return !policy::decide(facts_of(c, offer), c.policy).objection;
}

std::optional<quote> offer_of(call& c, const model& target, const fallback_path& path) {
    const auto usable = [&](const model_route& route) {
        if (std::ranges::count(path.tried, &route) > 0 || !worth_trying(c, route)) return false;
        return approved(c, quote_for(c, target, route), path);
    };
    const odds_list odds = odds_of(c, target, usable);
    const auto chosen = choose_route(odds.all(), c.use.rng.next());
    if (!chosen) return std::nullopt;
    return quote_for(c, target, target.routes[*chosen]);
}

// Other models, as the catalogue names them in the place of the first.
std::optional<quote> other_model(call& c, const fallback_path& path) {
    if (c.policy->fallback.attempts_max < 2) return std::nullopt;
    for (const std::string& alias : path.first.target->fallback) {
        const auto at = c.config->catalog->models.find(alias);
        if (at == c.config->catalog->models.end()) continue;
        if (auto found = offer_of(c, *at->second, path)) return found;
    }
    return std::nullopt;
}

constexpr std::string_view price_reason = "price_increase_not_approved";

void choose_first(call& c) {
    const model_route& front = c.asked_for->routes.front();
    c.first_model = c.asked_for;
    c.first_route = &route_for(c, *c.asked_for);
    if (!c.policy->fallback.price_increase_max_permille) return;
    const bool front_spiked = spiked(c, quote_for(c, *c.asked_for, front));
    if (c.first_route->priority != front.priority && front_spiked) c.first_reason = price_reason;
    fallback_path path{quote_for(c, *c.asked_for, *c.first_route), {}};
    if (!spiked(c, path.first)) return;
    path.first.estimate = path.first.approved_estimate; // what the tenant has agreed to pay is the measure
    auto other = other_model(c, path);
    if (!other) return; // the rules refuse it
    c.first_model = other->target;
    c.first_route = other->route;
    c.first_reason = price_reason;
}

}

bool worth_trying(call& c, const model_route& route) {
    return c.use.providers.of(route.provider->name).usable(c.use.clock.steady_us());
}

// The lowest priority that may serve at all; whose providers answer, where any does. When none does, one of them is
// taken all the same: who may take its place is asked when the request is forwarded.
const model_route& route_for(call& c, const model& target) {
    const auto& routes = target.routes;
    if (routes.size() == 1) return routes.front();
    const auto lowest = std::ranges::find_if(routes, [&](const model_route& r) {
        return may_serve(c, target, r) &&
               (r.priority == routes.front().priority || approved_provider(c, r, routes.front()));
    });
    if (lowest == routes.end()) return routes.front();
    const auto among = [&](const model_route& r) { return r.priority == lowest->priority && may_serve(c, target, r); };
    const std::uint64_t luck = c.use.rng.next();
    const odds_list healthy = odds_of(c, target, [&](const model_route& r) { return among(r) && worth_trying(c, r); });
    if (const auto chosen = choose_route(healthy.all(), luck)) return routes[*chosen];
    const odds_list any = odds_of(c, target, among);
    return routes[choose_route(any.all(), luck).value_or(0)];
}

quote first_offer(call& c) {
    if (!c.first_route) choose_first(c);
    return quote_for(c, *c.first_model, *c.first_route);
}

std::optional<quote> next_offer(call& c, const fallback_path& path) {
    if (auto found = offer_of(c, *path.first.target, path)) return found;
    return other_model(c, path);
}

}
