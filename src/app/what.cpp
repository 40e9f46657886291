// Step 2: one pass over the body; nothing of it is copied but names.
#include "call.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::app {

namespace {

// The key comes first, then headers (who.cpp); the body speaks only where both are silent.
void fill(std::string& value, std::string& from_body) {
    if (value.empty()) value = std::move(from_body);
}

bool is_identity(std::string_view encoding) { return encoding.empty() || same_name(encoding, "identity"); }

}

std::optional<refusal> expect_body(const call& c) {
    if (is_identity(find_field(c.x.fields(), "content-encoding").value_or(""))) return std::nullopt;
    refusal out;
    out.code = errc::unsupported_media_type;
    out.message = "Compressed request bodies are not supported. Send the JSON as it is.";
    return out;
}

bool take_body(call& c) {
    const auto body = c.x.body_at_hand(c.config->body_bytes_max);
    if (body) c.body = *body;
    return body.has_value();
}

task<std::optional<refusal>> await_body(call& c) {
    auto body = co_await c.x.read_body(c.config->body_bytes_max);
    if (!body) {
        refusal out;
        out.code = body.error().code;
        out.message = body.error().detail;
        co_return out;
    }
    c.body = *body;
    co_return std::nullopt;
}

std::optional<refusal> read_request(call& c) {
    auto asked = openai::read_request(c.where, c.body);
    if (!asked) return std::move(asked.error());
    c.asked = std::move(*asked);

    attribution& who = c.facts.who;
    fill(who.workspace, c.asked.workspace);
    fill(who.feature, c.asked.feature);
    fill(who.agent, c.asked.agent);
    fill(who.session, c.asked.session);
    fill(who.end_user, c.asked.end_user);
    who.model = c.asked.model;
    const auto& models = c.config->catalog->models;
    if (const auto at = models.find(c.asked.model); at != models.end()) c.asked_for = at->second.get();
    return std::nullopt;
}

}
