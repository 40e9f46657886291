// /admin/v1/prices
#include "routes.hpp"

#include <algorithm>
#include <map>

namespace tollgate::admin {

namespace {

// Nano-USD per million tokens as USD per million tokens.
json rate(std::int64_t nano_per_million) { return to_usd(usd_nano(nano_per_million)); }
json rate(const std::optional<std::int64_t>& nano_per_million) {
    return nano_per_million ? rate(*nano_per_million) : json();
}

json rates_json(const token_rates& of) {
    json out{{"input", rate(of.input)}, {"output", rate(of.output)}};
    out["cached_input"] = rate(of.cached_input);
    out["cache_write"] = rate(of.cache_write);
    out["cache_write_1h"] = rate(of.cache_write_1h);
    out["reasoning"] = rate(of.reasoning);
    out["audio_input"] = rate(of.audio_input);
    out["audio_output"] = rate(of.audio_output);
    out["image_input"] = rate(of.image_input);
    return out;
}

json price_json(const std::string& provider, const std::string& model, const price& row, instant now) {
    json out{{"provider", provider}, {"model", model}};
    out["usd_per_million_tokens"] = rates_json(row.rates);
    if (row.long_tier) {
        out["long_context"] = {{"above_tokens", row.long_tier->above_tokens}};
        out["long_context"]["usd_per_million_tokens"] = rates_json(row.long_tier->rates);
    }
    out["usd_per_request"] = to_usd(row.per_request);
    out["usd_per_tool_call"] = to_usd(row.per_tool_call);
    out["effective_from"] = to_rfc3339(row.effective_from);
    out["effective_to"] = time_or_null(row.effective_to);
    out["in_force"] = row.effective_from <= now && (!row.effective_to || now < *row.effective_to);
    return out;
}

}

// The whole book, in order; pages by "provider/model".
answered list_prices(const call& c, hands&) {
    static constexpr std::string_view known[] = {"provider", "model", "in_force", "limit", "after"};
    const auto asked = read_query(c, known);
    if (!asked) return std::unexpected(asked.error());
    const auto wanted = read_page(*asked);
    if (!wanted) return std::unexpected(wanted.error());
    const auto only_now = asked->find("in_force");
    if (only_now && *only_now != "true" && *only_now != "false")
        return std::unexpected(bad_request("The parameter in_force is neither true nor false."));
    std::map<std::string_view, const std::vector<price>*> in_order;
    for (const auto& [name, rows] : c.config->catalog->prices)
        if (name > wanted->after) in_order.emplace(name, &rows);
    json data = json::array();
    std::size_t names = 0;
    std::optional<std::string> next;
    for (const auto& [name, rows] : in_order) {
        if (names == wanted->limit) break;
        const std::size_t slash = std::min(name.find('/'), name.size());
        const std::string provider(name.substr(0, slash)), model(name.substr(std::min(slash + 1, name.size())));
        if (asked->find("provider").value_or(provider) != provider || asked->find("model").value_or(model) != model)
            continue;
        for (const price& row : *rows) {
            json one = price_json(provider, model, row, c.now);
            if (only_now != "true" || one["in_force"].get<bool>()) data.push_back(std::move(one));
        }
        names += 1;
        if (names == wanted->limit) next = std::string(name);
    }
    json out{{"version", c.config->catalog->price_version}};
    out.update(page_json(std::move(data), next));
    return ok(out);
}

answered approve_price(const call& c, hands& h) {
    body_reader body(c, {"tenant", "model", "provider"});
    price_approval asked;
    asked.tenant = body.text("tenant");
    asked.model = body.needed_text("model");
    asked.provider = body.needed_text("provider");
    asked.actor = c.actor;
    if (body.objection()) return std::unexpected(*body.objection());
    if (!c.use->approve_price) {
        problem out;
        out.status = 501;
        out.code = "not_implemented";
        out.title = "Price increases need no approval here";
        out.detail = "This gateway takes prices from its price book as they are.";
        return std::unexpected(out);
    }
    auto done = c.use->approve_price(asked);
    if (!done) return std::unexpected(done.error());
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    const std::string subject = asked.provider + "/" + asked.model;
    const store::audit_row told{c.actor, "price.approve", subject, "", *done};
    store::admin_transaction one(**store);
    if (!one.begun()) return std::unexpected(store_problem(one.begun().error()));
    if (auto noted = (*store)->audit(told); !noted) return std::unexpected(store_problem(noted.error()));
    if (auto kept = one.commit(); !kept) return std::unexpected(store_problem(kept.error()));
    return answer{200, std::move(*done)};
}

}
