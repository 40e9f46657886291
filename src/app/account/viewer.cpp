#include "viewer.hpp"

#include <tollgate/app/credential.hpp>
#include <tollgate/policy/decide.hpp>

#include <array>

namespace tollgate::app {

namespace {

constexpr std::uint32_t retry_after_ms = 1'000;

void pin(viewer& out) {
    attribution& who = out.facts.who;
    who.tenant = out.caller->tenant;
    who.key = out.caller->key;
    who.key_family = out.caller->family;
    who.workspace = out.caller->workspace;
    who.feature = out.caller->feature;
    who.agent = out.caller->agent;
    who.environment = out.caller->environment;
    out.facts.key_expires = out.caller->expires;
    out.facts.key_revoked = out.caller->revoked;
}

}

task<viewer> identify_viewer(services& use, ports::exchange& x) {
    viewer out;
    out.facts.at = use.clock.now();
    const std::uint64_t random = use.rng.next();
    out.id = request_id::make(out.facts.at.ms(), static_cast<std::uint16_t>(random >> 48), use.rng.next());
    const auto secret = credential_of(x.fields());
    if (!secret) {
        out.objection.emplace().code = errc::invalid_api_key;
        co_return out;
    }
    auto found = co_await use.keys.find(*secret);
    if (!found || !*found) {
        out.objection.emplace().code = found ? errc::invalid_api_key : found.error().code;
        co_return out;
    }
    out.caller = std::move(*found);
    pin(out);
    out.facts.tenant_status = use.keys.tenant_status(out.caller->tenant);
    const auto config = use.config.get();
    const auto& tenants = config->policies->tenants;
    if (const auto at = tenants.find(out.caller->tenant); at != tenants.end()) out.policy = at->second;
    out.objection = policy::decide_caller(out.facts, out.policy.get()).objection;
    co_return out;
}

task<> send_view(ports::exchange& x, const viewer& who, std::string_view body) {
    const std::string id = who.id.text();
    const std::array<field, 4> fields{{{"content-type", "application/json"},
                                       {"x-request-id", id},
                                       {"x-ai-quota-policy", who.policy->version},
                                       {"cache-control", "no-store"}}};
    co_await x.send(200, fields, body);
}

refusal view_failure(const error& why) {
    refusal out;
    out.code = why.code;
    out.retry_after_ms = retry_after_ms;
    return out;
}

}
