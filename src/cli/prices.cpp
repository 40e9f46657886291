// tollgate prices ...
#include "definitions.hpp"
#include "json.hpp"
#include "open.hpp"

#include <tollgate/cli/table.hpp>
#include <tollgate/store/price_store.hpp>

#include <memory>

namespace tollgate::cli {

namespace {

struct choice_of_price {
    tenant_id tenant;
    std::string provider, model;
};

// The price in force of a route, by the names at the provider or by the alias.
const price* in_force(const catalog& known, choice_of_price& given, instant now) {
    if (const model* alias = known.find(given.model))
        if (const model_route* route = alias->route_to(given.provider)) given.model = route->upstream_name;
    return known.price_of(given.provider, given.model, now);
}

status approve(choice_of_price given, const context& at) {
    auto all = load_all(at);
    if (!all) return std::unexpected(all.error());
    const price* now = in_force(*all->catalog, given, at.world.now());
    if (now == nullptr) return refuse("the price book has no price in force for " + given.provider + "/" + given.model);
    auto database = open_ready(at);
    if (!database) return std::unexpected(database.error());
    auto prices = taken((*database)->open_prices());
    if (!prices) return std::unexpected(prices.error());
    const price_baseline row{given.tenant, given.provider, given.model, *now, at.world.now(), "cli"};
    if (auto done = taken((*prices)->approve(row)); !done) return done;
    at.world.out << "approved " << given.provider << "/" << given.model << " for "
                 << (given.tenant.empty() ? "every tenant" : given.tenant) << ": input "
                 << to_usd(usd_nano(now->rates.input)) << ", output " << to_usd(usd_nano(now->rates.output))
                 << " USD per million tokens\n";
    return {};
}

status list(const context& at) {
    auto database = open_ready(at);
    if (!database) return std::unexpected(database.error());
    auto prices = taken((*database)->open_prices());
    if (!prices) return std::unexpected(prices.error());
    const auto found = taken((*prices)->list());
    if (!found) return std::unexpected(found.error());
    json out = json::array();
    table rows({{"tenant"}, {"provider"}, {"model"}, {"input", true}, {"output", true}, {"approved"}, {"by"}});
    for (const price_baseline& each : *found) {
        const std::string input = to_usd(usd_nano(each.approved.rates.input));
        const std::string output = to_usd(usd_nano(each.approved.rates.output));
        out.push_back({{"tenant", or_null(each.tenant)},
                       {"provider", each.provider},
                       {"model", each.model},
                       {"input_usd", input},
                       {"output_usd", output},
                       {"approved_at", to_rfc3339(each.at)},
                       {"actor", each.actor}});
        rows.add({each.tenant.empty() ? "(all)" : each.tenant, each.provider, each.model, input, output,
                  to_rfc3339(each.at), each.actor});
    }
    if (at.json)
        cli::print(at.world.out, out);
    else if (rows.empty())
        at.world.out << "no price is approved yet: the gateway approves what it sees first\n";
    else
        at.world.out << rows.text();
    return {};
}

}

action define_prices_approve(option_list& options) {
    auto given = std::make_shared<choice_of_price>();
    options.add("--tenant", given->tenant, "Only for this tenant (else for all)");
    options.add("--provider", given->provider, "Whose price").required();
    options.add("--model", given->model, "Alias, or the provider's own name of the model").required();
    return [given](const context& at) { return approve(*given, at); };
}

action define_prices_list(option_list&) { return list; }

}
