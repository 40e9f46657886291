#include "setup.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/policy/decide.hpp>

#include <algorithm>

namespace tollgate::simulation {

namespace {

constexpr std::int64_t input_nano = 400, output_nano = 1600; // a token, before the tenant's margin

std::shared_ptr<const catalog> make_catalog() {
    auto out = std::make_shared<catalog>();
    auto from = std::make_shared<tollgate::provider>();
    from->name = "sim";
    from->forward_headers = {"x-sim-request"};
    price cost;
    cost.rates.input = input_nano * 1'000'000;
    cost.rates.output = output_nano * 1'000'000;
    auto only = std::make_shared<model>();
    only->alias = "m";
    only->tier = "standard";
    only->max_output_tokens = 64;
    only->context_tokens = 8192;
    model_route& route = only->routes.emplace_back();
    route.provider = from;
    route.upstream_name = "m-1";
    route.prices = {cost};
    out->price_version = "sim-prices";
    out->models["m"] = only;
    out->providers["sim"] = from;
    out->prices["sim/m-1"] = {cost};
    out->tiers = {"standard"};
    out->enabled_service_tiers = {service_tier::standard};
    return out;
}

usd_nano room_for(random_source& random, std::int64_t holds_max) {
    return usd_nano(random.between(1, holds_max) * 90'000 + random.between(0, 60'000));
}

policy::limit make_limit(std::string name, std::vector<dimension> per, measure what, window span,
                         std::int64_t maximum) {
    policy::limit out;
    out.name = std::move(name);
    out.per = std::move(per);
    out.what = what;
    out.span = span;
    out.maximum = maximum;
    return out;
}

std::shared_ptr<policy::tenant_policy> tenant_with_budget(random_source& random) {
    auto out = std::make_shared<policy::tenant_policy>();
    out->tenant = "acme";
    out->hard_stop = room_for(random, 12);
    out->monthly_budget = *out->hard_stop - usd_nano(random.between(0, 50'000));
    out->daily_soft_limit = room_for(random, 4);
    out->over_limit = {random.chance(500) ? policy::action::fail_closed : policy::action::notify};
    out->limits = {
        make_limit("agent-day", {dimension::agent}, measure::cost, window::day, room_for(random, 6).count())};
    out->clamp_to_budget = random.chance(300);
    return out;
}

std::shared_ptr<policy::tenant_policy> prepaid_tenant(random_source& random) {
    auto out = std::make_shared<policy::tenant_policy>();
    out->tenant = "prep";
    out->prepaid_opening = room_for(random, 10);
    if (random.chance(300)) out->credit_limit = usd_nano(random.between(1, 100'000));
    out->usage_unknown = policy::usage_unknown::charge_input;
    out->charge_permille = 1250;
    out->limits = {
        make_limit("feature", {dimension::feature}, measure::cost, window::month, room_for(random, 10).count())};
    return out;
}

std::shared_ptr<policy::tenant_policy> paced_tenant(random_source& random) {
    auto out = std::make_shared<policy::tenant_policy>();
    out->tenant = "pace";
    out->hard_stop = room_for(random, 20);
    out->usage_unknown = policy::usage_unknown::release;
    out->limits = {make_limit("rpm", {dimension::key}, measure::requests, window::minute, random.between(2, 8)),
                   make_limit("inflight", {}, measure::concurrency, window::total, random.between(1, 4)),
                   make_limit("tokens", {dimension::agent}, measure::tokens, window::hour, random.between(100, 900))};
    return out;
}

}

std::shared_ptr<const app::configuration> make_configuration(random_source& random) {
    auto policies = std::make_shared<policy::policy_set>();
    for (auto each : {tenant_with_budget(random), prepaid_tenant(random), paced_tenant(random)}) {
        each->version = "v1";
        each->hash = "hash";
        if (random.chance(200)) each->usage_unknown = static_cast<policy::usage_unknown>(random.between(0, 2));
        policies->tenants[each->tenant] = each;
    }
    auto out = std::make_shared<app::configuration>();
    out->catalog = make_catalog();
    out->policies = policies;
    out->body_bytes_max = limits::body_bytes_default;
    out->request_total_ms = limits::request_total_ms_max;
    return out;
}

rates rates_of(const policy::tenant_policy& policy) {
    return {input_nano * policy.charge_permille / 1000, output_nano * policy.charge_permille / 1000};
}

std::vector<limit_check> hard_limits(const policy::tenant_policy& policy) {
    std::vector<limit_check> out;
    for (const std::string_view agent : agents)
        for (const std::string_view feature : features) {
            policy::facts about;
            about.who.tenant = policy.tenant;
            about.who.key = "key_" + policy.tenant;
            about.who.agent = agent;
            about.who.feature = feature;
            for (policy::applied_limit& applied : policy::limits_for(about, policy)) {
                limit_check& each = applied.check;
                const bool known = std::ranges::any_of(out, [&](const limit_check& other) {
                    return other.limit == each.limit && other.scope == each.scope;
                });
                if (each.hard && !known) out.push_back(std::move(each));
            }
        }
    return out;
}

std::unique_ptr<request> make_request(random_source& random, const app::configuration&, int number) {
    static constexpr std::string_view tenants[] = {"acme", "prep", "pace"};
    auto out = std::make_unique<request>();
    out->number = number;
    out->tenant = tenants[random.index(3)];
    out->agent = agents[random.index(3)];
    out->feature = features[random.index(2)];
    out->streams = random.chance(650);
    const std::int64_t cap = random.between(1, 40);
    out->body = R"({"model":"m","messages":[{"role":"user","content":"hi"}])";
    if (random.chance(900)) out->body += ",\"max_tokens\":" + std::to_string(cap);
    if (out->streams) out->body += ",\"stream\":true";
    if (out->streams && random.chance(300)) out->body += R"(,"stream_options":{"include_usage":true})";
    out->body += "}";
    out->provider = random_script(random, out->streams, cap);
    if (random.chance(100)) out->client.leaves_after_writes = static_cast<int>(random.between(1, 6));
    if (random.chance(100)) out->client.leaves_after_us = random.between(1, 3'000'000);
    out->client.never_reads = random.chance(40);
    if (random.chance(200)) out->client.write_us = random.between(1, 2'000'000);
    return out;
}

}
