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
constexpr std::string_view tag_prefix = "x-ai-";
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

bool is_pinned(const call& c, const tag& t) { return t.pin && !(c.caller.get()->*t.pin).empty(); }

void take_pins(call& c) {
    for (const tag& t : tags)
        if (is_pinned(c, t)) c.facts.who.*t.field = c.caller.get()->*t.pin;
}

refusal bad_tag(const tag& t) {
    refusal out;
    out.code = errc::invalid_request;
    out.message = "The header " + std::string(t.header) + " must be at most " +
                  std::to_string(limits::attribution_bytes_max) + " printable characters.";
    return out;
}

// Each stands once at most: the server refuses a head that repeats one.
std::optional<refusal> read_tags(call& c) {
    take_pins(c);
    for (const field& f : c.x.fields()) {
        if (!same_name(f.name.substr(0, tag_prefix.size()), tag_prefix)) continue;
        const auto t = std::ranges::find_if(tags, [&](const tag& one) { return same_name(one.header, f.name); });
        if (t == std::end(tags) || is_pinned(c, *t)) continue;
        if (f.value.size() > limits::attribution_bytes_max || !printable(f.value)) return bad_tag(*t);
        c.facts.who.*t->field = f.value;
    }
    return std::nullopt;
}

refusal key_refusal() {
    refusal out;
    out.code = errc::invalid_api_key;
    return out;
}

}

std::optional<refusal> read_credential(call& c) {
    const auto secret = credential_of(c.x.fields());
    if (!secret) return key_refusal();
    c.secret = *secret;
    return std::nullopt;
}

bool recall_caller(call& c) {
    auto known = c.use.keys.known(c.secret);
    if (!known) return false;
    c.caller = std::move(*known);
    return true;
}

task<std::optional<refusal>> find_caller(call& c) {
    auto found = co_await c.use.keys.find(c.secret);
    if (!found) {
        refusal out;
        out.code = found.error().code;
        co_return out;
    }
    c.caller = std::move(*found);
    co_return std::nullopt;
}

std::optional<refusal> meet_caller(call& c) {
    if (!c.caller) return key_refusal();
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
    if (const auto at = tenants.find(c.caller->tenant); at != tenants.end()) c.policy = at->second.get();

    // A dead key or tenant is refused before its body is read.
    c.rules = policy::decide_caller(facts, c.policy);
    if (c.rules.objection) {
        c.decided = policy::decided_by(c.rules, facts);
        return c.rules.objection;
    }
    return read_tags(c);
}

}
