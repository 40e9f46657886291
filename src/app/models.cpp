// GET /v1/models and /v1/models/{id}: what this key may use.
#include "account/viewer.hpp"

#include <tollgate/app/models.hpp>
#include <tollgate/app/query.hpp>
#include <tollgate/app/respond.hpp>
#include <tollgate/core/json_writer.hpp>

#include <algorithm>
#include <map>

namespace tollgate::app {

namespace {

bool may_use(const viewer& v, const model& m) {
    const auto& tiers = v.policy->allowed_tiers;
    const auto& pins = v.caller->models;
    const bool tier = tiers.empty() || std::ranges::count(tiers, m.tier) > 0;
    const bool pin = pins.empty() || std::ranges::count(pins, m.alias) > 0;
    return tier && pin;
}

void write_model(json_writer& out, const model& m) {
    out.begin_object().member("id", m.alias).member("object", "model").member("created", std::int64_t{0});
    out.member("owned_by", m.routes.front().provider->name).member("tier", m.tier).end_object();
}

std::shared_ptr<const catalog> models_of(services& use) { return use.config.get()->catalog; }

}

task<> list_models(services& use, ports::exchange& x) {
    const viewer v = co_await identify_viewer(use, x);
    if (v.objection) {
        co_await send_refusal(x, *v.objection, v.id);
        co_return;
    }
    const auto known = models_of(use);
    std::map<std::string_view, const model*> sorted;
    for (const auto& [alias, m] : known->models)
        if (may_use(v, *m)) sorted.emplace(alias, m.get());
    std::string body;
    json_writer out(body);
    out.begin_object().member("object", "list").key("data").begin_array();
    for (const auto& [alias, m] : sorted) write_model(out, *m);
    out.end_array().end_object();
    co_await send_view(x, v, body);
}

task<> show_model(services& use, ports::exchange& x) {
    const viewer v = co_await identify_viewer(use, x);
    if (v.objection) {
        co_await send_refusal(x, *v.objection, v.id);
        co_return;
    }
    const auto known = models_of(use);
    constexpr std::string_view prefix = "/v1/models/";
    const auto alias = percent_decoded(x.path().substr(prefix.size())); // SDKs write openai%2Fgpt-5
    const model* m = alias ? known->find(*alias) : nullptr;
    if (!m || !may_use(v, *m)) {
        refusal none;
        none.code = errc::model_not_found;
        none.param = "model";
        co_await send_refusal(x, none, v.id);
        co_return;
    }
    std::string body;
    json_writer out(body);
    write_model(out, *m);
    co_await send_view(x, v, body);
}

}
