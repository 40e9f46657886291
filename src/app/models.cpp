// GET /v1/models and /v1/models/{id}: what this key may use.
#include <tollgate/app/models.hpp>

#include <tollgate/app/credential.hpp>
#include <tollgate/app/respond.hpp>
#include <tollgate/core/json_writer.hpp>
#include <tollgate/policy/decide.hpp>

#include <algorithm>
#include <map>

namespace tollgate::app {

namespace {

struct viewer {
    std::shared_ptr<const configuration> config;
    std::shared_ptr<const ports::caller> caller;
    const policy::tenant_policy* policy = nullptr;
    std::optional<refusal> objection;
};

task<viewer> identify(services& use, ports::exchange& x, instant now) {
    viewer v;
    v.config = use.config.get();
    refusal unknown;
    unknown.code = errc::invalid_api_key;
    const auto secret = credential_of(x.fields());
    if (!secret) {
        v.objection = unknown;
        co_return v;
    }
    auto found = co_await use.keys.find(*secret);
    if (!found) {
        v.objection.emplace().code = found.error().code;
        co_return v;
    }
    if (!*found) {
        v.objection = unknown;
        co_return v;
    }
    v.caller = std::move(*found);
    v.policy = v.config->policies->find(v.caller->tenant);
    policy::facts facts;
    facts.at = now;
    facts.who.tenant = v.caller->tenant;
    facts.who.key = v.caller->key;
    facts.key_expires = v.caller->expires;
    facts.key_revoked = v.caller->revoked;
    facts.tenant_status = use.keys.tenant_status(v.caller->tenant);
    v.objection = policy::decide_caller(facts, v.policy);
    co_return v;
}

bool may_use(const viewer& v, const model& m) {
    const auto& tiers = v.policy->allowed_tiers;
    const auto& pins = v.caller->models;
    const bool tier = tiers.empty() || std::ranges::count(tiers, m.tier) > 0;
    const bool pin = pins.empty() || std::ranges::count(pins, m.alias) > 0;
    return tier && pin;
}

void write_model(json_writer& out, const model& m) {
    out.begin_object().member("id", m.alias).member("object", "model").member("created", std::int64_t{0});
    out.member("owned_by", m.provider->name).member("tier", m.tier).end_object();
}

request_id fresh_id(services& use, instant now) {
    return request_id::make(now.ms(), static_cast<std::uint16_t>(use.rng.next()), use.rng.next());
}

task<> send_json(ports::exchange& x, request_id id, const std::string& body) {
    const std::string id_text = id.text();
    const std::vector<field> fields{{"content-type", "application/json"}, {"x-request-id", id_text}};
    co_await x.send(200, fields, body);
}

}

task<> list_models(services& use, ports::exchange& x) {
    const instant now = use.clock.now();
    const request_id id = fresh_id(use, now);
    const viewer v = co_await identify(use, x, now);
    if (v.objection) {
        co_await send_refusal(x, *v.objection, id);
        co_return;
    }
    std::map<std::string_view, const model*> sorted;
    for (const auto& [alias, m] : v.config->catalog->models)
        if (may_use(v, *m)) sorted.emplace(alias, m.get());
    std::string body;
    json_writer out(body);
    out.begin_object().member("object", "list").key("data").begin_array();
    for (const auto& [alias, m] : sorted) write_model(out, *m);
    out.end_array().end_object();
    co_await send_json(x, id, body);
}

task<> show_model(services& use, ports::exchange& x) {
    const instant now = use.clock.now();
    const request_id id = fresh_id(use, now);
    const viewer v = co_await identify(use, x, now);
    if (v.objection) {
        co_await send_refusal(x, *v.objection, id);
        co_return;
    }
    constexpr std::string_view prefix = "/v1/models/";
    const std::string alias(x.path().substr(prefix.size()));
    const model* m = v.config->catalog->find(alias);
    if (!m || !may_use(v, *m)) {
        refusal none;
        none.code = errc::model_not_found;
        none.param = "model";
        co_await send_refusal(x, none, id);
        co_return;
    }
    std::string body;
    json_writer out(body);
    write_model(out, *m);
    co_await send_json(x, id, body);
}

}
