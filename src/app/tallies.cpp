#include <tollgate/app/tallies.hpp>

#include <tollgate/core/simulation_limits.hpp>

namespace tollgate::app {

namespace {

constexpr std::string_view others = "(others)";

compared& group_of(groups& all, std::string_view name) {
    if (const auto at = all.find(name); at != all.end()) return at->second;
    if (all.size() >= limits::simulation_groups_max) return all[std::string(others)];
    return all[std::string(name)];
}

void add_to(tally& into, const outcome_seen& what) {
    into.requests += 1;
    into.cost += what.cost;
    if (what.outcome == "downgrade") into.downgraded += 1;
    if (what.outcome == "confirm") into.asked += 1;
    if (what.would_refuse) into.would_refuse += 1;
    if (what.outcome != "refuse" && what.outcome != "throttle") return;
    into.refused += 1;
    into.codes[std::string(what.code)] += 1;
}

void add_all(groups& into, const groups& more) {
    for (const auto& [name, each] : more) group_of(into, name).add(each);
}

}

void tally::add(const tally& more) {
    requests += more.requests;
    refused += more.refused;
    downgraded += more.downgraded;
    asked += more.asked;
    would_refuse += more.would_refuse;
    cost += more.cost;
    for (const auto& [code, count] : more.codes) codes[code] += count;
}

void compared::add(const compared& more) {
    before.add(more.before);
    after.add(more.after);
    changed += more.changed;
}

void tallies::add_before(std::string_view tenant, std::string_view feature, std::string_view model,
                         const outcome_seen& what) {
    add_to(all.before, what);
    add_to(group_of(tenants, tenant).before, what);
    add_to(group_of(features, feature).before, what);
    add_to(group_of(models, model).before, what);
}

void tallies::add_after(std::string_view tenant, std::string_view feature, std::string_view model,
                        const outcome_seen& what, bool changed) {
    for (compared* each : {&all, &group_of(tenants, tenant), &group_of(features, feature), &group_of(models, model)}) {
        add_to(each->after, what);
        each->changed += changed;
    }
}

void tallies::merge(const tallies& more) {
    all.add(more.all);
    add_all(tenants, more.tenants);
    add_all(features, more.features);
    add_all(models, more.models);
    without_decision += more.without_decision;
    assumed += more.assumed;
    assumed_cost += more.assumed_cost;
}

}
