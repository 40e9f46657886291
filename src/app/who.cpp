// Step 1: the key names the tenant and pins what the caller may not choose.
#include "call.hpp"

#include <tollgate/app/credential.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

// Tags that a caller may set where its key leaves them open.
struct tag {
    std::string_view header;
    std::string attribution::* field;
    std::string ports::caller::* pin; // null: no key pins it
};
constexpr tag tags[] = {
    {"x-ai-workspace", &attribution::workspace, &ports::caller::workspace},
    {"x-ai-feature", &attribution::feature, &ports::caller::feature},
    {"x-ai-agent-id", &attribution::agent, &ports::caller::agent},
    {"x-ai-environment", &attribution::environment, &ports::caller::environment},
    {"x-ai-end-user", &attribution::end_user, nullptr},
    {"x-ai-session", &attribution::session, nullptr},
    {"x-ai-request-class", &attribution::request_class, nullptr},
};

bool printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

std::optional<refusal> read_tags(call& c) {
    for (const tag& t : tags) {
        std::string& value = c.facts.who.*t.field;
        if (t.pin && !(c.caller.get()->*t.pin).empty()) {
            value = c.caller.get()->*t.pin;
            continue;
        }
        const auto sent = find_field(c.x.fields(), t.header);
        if (!sent) continue;
        if (sent->size() > limits::attribution_bytes_max || !printable(*sent)) {
            refusal out;
            out.code = errc::invalid_request;
            out.message = "The header " + std::string(t.header) + " must be at most " +
                          std::to_string(limits::attribution_bytes_max) + " printable characters.";
            return out;
        }
        value = *sent;
    }
    return std::nullopt;
}

refusal key_refusal() {
    refusal out;
    out.code = errc::invalid_api_key;
    return out;
}

}

task<std::optional<refusal>> identify(call& c) {
    const auto secret = credential_of(c.x.fields());
    if (!secret) co_return key_refusal();
    auto found = co_await c.use.keys.find(*secret);
    if (!found) {
        refusal out;
        out.code = found.error().code;
        co_return out;
    }
    if (!*found) co_return key_refusal();
    c.caller = std::move(*found);

    policy::facts& facts = c.facts;
    facts.at = c.arrived;
    facts.who.tenant = c.caller->tenant;
    facts.who.key = c.caller->key;
    facts.who.key_family = c.caller->family;
    facts.key_expires = c.caller->expires;
    facts.key_revoked = c.caller->revoked;
    facts.key_models = c.caller->models;
    facts.tenant_status = c.use.keys.tenant_status(c.caller->tenant);
    const auto& tenants = c.config->policies->tenants;
    if (const auto at = tenants.find(c.caller->tenant); at != tenants.end()) c.policy = at->second;

    // A dead key or tenant is refused before its body is read.
    c.rules = policy::decide_caller(facts, c.policy.get());
    if (c.rules.objection) {
        c.decided = policy::decided_by(c.rules, facts);
        co_return c.rules.objection;
    }
    co_return read_tags(c);
}

}
