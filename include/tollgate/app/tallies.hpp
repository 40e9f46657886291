#pragma once

// What recorded traffic came to, and what it comes to under another policy.

#include <tollgate/core/money.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace tollgate::app {

struct tally {
    std::int64_t requests = 0, refused = 0, downgraded = 0, asked = 0; // asked: for a confirmation
    std::int64_t would_refuse = 0;                                     // shadow mode: served all the same
    usd_nano cost;
    std::map<std::string, std::int64_t> codes; // of refusals
    void add(const tally& more);
};

struct compared {
    tally before, after;
    std::int64_t changed = 0; // requests with another outcome
    void add(const compared& more);
};

// One request, on one side.
struct outcome_seen {
    std::string_view outcome, code; // as in a record; code: of a refusal
    bool would_refuse = false;
    usd_nano cost;
};

using groups = std::map<std::string, compared, std::less<>>;

class tallies {
public:
    compared all;
    groups tenants, features, models;  // at most limits::simulation_groups_max each; the rest under "(others)"
    std::int64_t without_decision = 0; // no decision was recorded: taken as it was
    std::int64_t assumed = 0;          // refused then, served now: what they cost is assumed
    usd_nano assumed_cost;

    void add_before(std::string_view tenant, std::string_view feature, std::string_view model,
                    const outcome_seen& what);
    void add_after(std::string_view tenant, std::string_view feature, std::string_view model, const outcome_seen& what,
                   bool changed);
    void merge(const tallies& more);
};

}
