#include <tollgate/core/route_choice.hpp>

#include <algorithm>

namespace tollgate {

namespace {

constexpr std::uint64_t whole = 1 << 12; // a route as fast as the fastest gets its weight so many times
constexpr std::uint64_t least = whole / 16;

std::uint64_t share_of(const route_odds& route, std::uint32_t fastest_us) {
    const auto weight = static_cast<std::uint64_t>(route.weight);
    if (fastest_us == 0 || route.latency_us <= fastest_us) return weight * whole;
    return weight * std::max(least, whole * fastest_us / route.latency_us);
}

}

std::optional<std::size_t> choose_route(std::span<const route_odds> routes, std::uint64_t luck) {
    std::optional<std::int32_t> priority;
    for (const route_odds& route : routes)
        if (route.usable && (!priority || route.priority < *priority)) priority = route.priority;
    if (!priority) return std::nullopt;

    const auto takes_part = [&](const route_odds& route) { return route.usable && route.priority == *priority; };
    std::uint32_t fastest_us = 0;
    for (const route_odds& route : routes) {
        const bool faster = fastest_us == 0 || route.latency_us < fastest_us;
        if (takes_part(route) && route.latency_us != 0 && faster) fastest_us = route.latency_us;
    }
    std::uint64_t total = 0;
    for (const route_odds& route : routes)
        if (takes_part(route)) total += share_of(route, fastest_us);
    std::uint64_t left = luck % std::max<std::uint64_t>(total, 1);
    std::size_t last = 0;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        if (!takes_part(routes[i])) continue;
        last = i;
        const std::uint64_t share = share_of(routes[i], fastest_us);
        if (left < share) break;
        left -= share;
    }
    return last;
}

}
