#include "simulation_report.hpp"

#include <tollgate/cli/table.hpp>

#include <algorithm>
#include <set>

namespace tollgate::cli {

namespace {

std::string difference(std::int64_t before, std::int64_t after) {
    if (before == after) return "";
    return (after > before ? "+" : "") + std::to_string(after - before);
}

std::string difference(usd_nano before, usd_nano after) {
    if (before == after) return "";
    return (after > before ? "+" : "") + to_usd(after - before);
}

struct named {
    const std::string* name;
    const app::compared* what;
};

// Those that change most come first, then those that cost most.
std::vector<named> first_of(const app::groups& all, std::size_t top) {
    std::vector<named> out;
    for (const auto& [name, each] : all) out.push_back({&name, &each});
    std::ranges::sort(out, [](const named& a, const named& b) {
        if (a.what->changed != b.what->changed) return a.what->changed > b.what->changed;
        if (a.what->before.cost != b.what->before.cost) return a.what->before.cost > b.what->before.cost;
        return *a.name < *b.name;
    });
    if (out.size() > top) out.resize(top);
    return out;
}

// ---- for people ----

void add_count(table& rows, const std::string& what, std::int64_t before, std::int64_t after) {
    rows.add({what, std::to_string(before), std::to_string(after), difference(before, after)});
}

void print_totals(std::ostream& out, const app::compared& all) {
    const app::tally &before = all.before, &after = all.after;
    table rows({{""}, {"before", true}, {"after", true}, {"change", true}});
    add_count(rows, "requests", before.requests, after.requests);
    add_count(rows, "refused", before.refused, after.refused);
    std::set<std::string> codes;
    for (const app::tally* side : {&before, &after})
        for (const auto& [code, count] : side->codes) codes.insert(code);
    const auto count_of = [](const app::tally& side, const std::string& code) {
        const auto at = side.codes.find(code);
        return at == side.codes.end() ? std::int64_t{0} : at->second;
    };
    for (const std::string& code : codes)
        add_count(rows, "  " + (code.empty() ? "(no code)" : code), count_of(before, code), count_of(after, code));
    add_count(rows, "downgraded", before.downgraded, after.downgraded);
    add_count(rows, "asked to confirm", before.asked, after.asked);
    if (before.would_refuse + after.would_refuse > 0)
        add_count(rows, "would refuse (shadow)", before.would_refuse, after.would_refuse);
    rows.add({"cost, USD", to_usd(before.cost), to_usd(after.cost), difference(before.cost, after.cost)});
    out << rows.text();
}

std::string both(std::int64_t before, std::int64_t after) {
    return before == after ? std::to_string(before) : std::to_string(before) + " -> " + std::to_string(after);
}

void print_groups(std::ostream& out, const std::string& title, const app::groups& all, std::size_t top) {
    if (all.empty()) return;
    table rows({{title},
                {"requests", true},
                {"changed", true},
                {"refused", true},
                {"downgraded", true},
                {"confirm", true},
                {"cost before", true},
                {"cost after", true},
                {"change", true}});
    for (const named& each : first_of(all, top)) {
        const app::tally &before = each.what->before, &after = each.what->after;
        rows.add({each.name->empty() ? "(none)" : *each.name, both(before.requests, after.requests),
                  std::to_string(each.what->changed), both(before.refused, after.refused),
                  both(before.downgraded, after.downgraded), both(before.asked, after.asked), to_usd(before.cost),
                  to_usd(after.cost), difference(before.cost, after.cost)});
    }
    out << '\n' << rows.text();
    if (all.size() > top) out << "and " << all.size() - top << " more; --top shows them\n";
}

// ---- as JSON ----

json to_json(const app::tally& side) {
    json out{{"requests", side.requests}, {"refused", side.refused}};
    out["refused_by_code"] = json::object();
    for (const auto& [code, count] : side.codes) out["refused_by_code"][code] = count;
    out["downgraded"] = side.downgraded;
    out["asked_to_confirm"] = side.asked;
    out["would_refuse"] = side.would_refuse;
    out["cost_usd"] = to_usd(side.cost);
    return out;
}

json to_json(const app::compared& what) {
    return {{"before", to_json(what.before)}, {"after", to_json(what.after)}, {"changed", what.changed}};
}

json to_json(const app::groups& all, std::size_t top) {
    json out = json::array();
    for (const named& each : first_of(all, top)) {
        json one{{"name", *each.name}};
        one.update(to_json(*each.what));
        out.push_back(std::move(one));
    }
    return out;
}

}

json to_json(const app::tallies& found, const simulated_range& range) {
    json out{{"from", to_rfc3339(range.from, true)}, {"to", to_rfc3339(range.to, true)}};
    out["policies"] = json::array();
    for (const auto& [tenant, version] : range.policies)
        out["policies"].push_back({{"tenant", tenant}, {"policy_version", version}});
    out.update(to_json(found.all));
    out["without_decision"] = found.without_decision;
    out["assumed"] = {{"requests", found.assumed}, {"cost_usd", to_usd(found.assumed_cost)}};
    out["tenants"] = to_json(found.tenants, range.top);
    out["features"] = to_json(found.features, range.top);
    out["models"] = to_json(found.models, range.top);
    return out;
}

void print_simulated(std::ostream& out, const app::tallies& found, const simulated_range& range) {
    for (const auto& [tenant, version] : range.policies) out << "tenant " << tenant << " under " << version << '\n';
    out << to_rfc3339(range.from) << " to " << to_rfc3339(range.to) << '\n';
    if (found.all.before.requests == 0) {
        out << "no requests in that time\n";
        return;
    }
    out << '\n';
    print_totals(out, found.all);
    out << '\n' << found.all.changed << " decided differently\n";
    if (found.without_decision > 0)
        out << found.without_decision << " without a recorded decision, taken as they were\n";
    if (found.assumed > 0)
        out << found.assumed << " were refused then and run now; that they cost " << to_usd(found.assumed_cost)
            << " USD is assumed: the usual part of their estimates\n";
    print_groups(out, "tenant", found.tenants, range.top);
    print_groups(out, "feature", found.features, range.top);
    print_groups(out, "model", found.models, range.top);
}

}
