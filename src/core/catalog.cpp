#include <tollgate/core/catalog.hpp>

#include <algorithm>

namespace tollgate {

namespace {

const price* in_force(const std::vector<price>& rows, instant when) {
    for (auto row = rows.rbegin(); row != rows.rend(); ++row)
        if (row->effective_from <= when && (!row->effective_to || when < *row->effective_to)) return &*row;
    return nullptr;
}

}

const price* model_route::price_at(instant when) const { return in_force(prices, when); }

const model_route* model::route_to(std::string_view provider) const {
    for (const model_route& route : routes)
        if (route.provider->name == provider) return &route;
    return nullptr;
}

bool model::priced_at(instant when) const {
    return std::ranges::any_of(routes, [&](const model_route& route) { return route.price_at(when) != nullptr; });
}

const model* catalog::find(std::string_view alias) const {
    const auto at = models.find(std::string(alias));
    return at == models.end() ? nullptr : at->second.get();
}

std::int32_t catalog::rank_of(std::string_view tier) const {
    return static_cast<std::int32_t>(std::ranges::find(tiers, tier) - tiers.begin());
}

const price* catalog::price_of(std::string_view provider, std::string_view upstream_name, instant when) const {
    std::string key(provider);
    key.append("/").append(upstream_name);
    const auto at = prices.find(key);
    return at == prices.end() ? nullptr : in_force(at->second, when);
}

}
