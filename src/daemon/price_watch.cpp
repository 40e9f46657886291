#include "price_watch.hpp"

#include <tollgate/daemon/system_clock.hpp>

#include <algorithm>

namespace tollgate {

namespace {

std::vector<price_baseline> in_force(const catalog& known, instant now) {
    std::vector<price_baseline> out;
    for (const auto& [alias, model] : known.models)
        for (const model_route& route : model->routes)
            if (const price* terms = route.price_at(now))
                out.push_back({{}, route.provider->name, route.upstream_name, *terms, now, "first_seen"});
    return out;
}

}

bool price_watch::poll() {
    const auto config = live_.get();
    if (config->catalog != seen_) {
        const auto fresh = in_force(*config->catalog, wall_clock_now());
        if (!store_.remember(fresh)) return false;
        seen_ = config->catalog;
    }
    auto rows = store_.list();
    if (!rows) return false;
    const auto before = config->approved;
    if (before && std::ranges::equal(before->rows(), *rows)) return true;
    live_.set_approved(std::make_shared<const price_baselines>(std::move(*rows)));
    return true;
}

}
