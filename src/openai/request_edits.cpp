#include "json_text.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/openai/request.hpp>

#include <algorithm>

namespace tollgate::openai {

void body_edits::replace(byte_range at, std::string text) {
    TG_ASSERT(at.begin <= at.end && at.end <= body_.size());
    edits_.push_back({at, std::move(text)});
}

std::vector<std::string_view> body_edits::pieces() {
    // Stable, so that two insertions at one place keep their order; there are never more than a handful.
    for (auto next = edits_.begin(); next != edits_.end(); ++next) {
        const auto place = std::upper_bound(edits_.begin(), next, *next,
                                            [](const edit& a, const edit& b) { return a.at.begin < b.at.begin; });
        std::rotate(place, next, next + 1);
    }
    std::vector<std::string_view> out;
    out.reserve(edits_.size() * 2 + 1);
    const auto add = [&](std::string_view piece) {
        if (!piece.empty()) out.push_back(piece);
    };
    std::uint32_t done = 0;
    for (const edit& e : edits_) {
        TG_ASSERT(e.at.begin >= done); // edits never overlap
        add(body_.substr(done, e.at.begin - done));
        add(e.text);
        done = e.at.end;
    }
    add(body_.substr(done));
    return out;
}

std::size_t body_edits::size() const {
    std::size_t total = body_.size();
    for (const edit& e : edits_) total += e.text.size() - (e.at.end - e.at.begin);
    return total;
}

namespace {

// A new first member: the object is never empty, so a comma always follows.
void add_member(body_edits& edits, const request_facts& facts, std::string_view name, std::string_view value) {
    std::string text;
    text.append("\"").append(name).append("\":").append(value).append(",");
    edits.insert(facts.object_open, std::move(text));
}

std::string_view cap_name(endpoint where, bool max_tokens_only) {
    switch (where) {
    case endpoint::responses: return "max_output_tokens";
    case endpoint::completions: return "max_tokens";
    case endpoint::chat_completions:
    case endpoint::embeddings: break;
    }
    return max_tokens_only ? "max_tokens" : "max_completion_tokens";
}

// A member that is not the first of its object goes together with the comma before it.
byte_range with_comma_before(std::string_view body, byte_range member) {
    std::uint32_t at = member.begin;
    while (at > 0 && json::is_space(body[at - 1])) --at;
    TG_ASSERT(at > 0 && body[at - 1] == ',');
    return {at - 1, member.end};
}

}

void set_model(body_edits& edits, const request_facts& facts, std::string_view upstream_name) {
    edits.replace(facts.model_at, json::quoted(upstream_name));
}

void set_output_cap(body_edits& edits, const request_facts& facts, std::int64_t cap, bool max_tokens_only) {
    if (facts.where == endpoint::embeddings) return;
    const std::string_view name = cap_name(facts.where, max_tokens_only);
    const std::string value = std::to_string(cap);
    if (facts.cap_members.empty()) return add_member(edits, facts, name, value);

    // The first one becomes the cap, the others go.
    const byte_range first = facts.cap_members.front();
    const byte_range values[] = {facts.max_tokens_at, facts.max_completion_tokens_at, facts.max_output_tokens_at};
    const auto value_at = std::ranges::find(values, first.end, &byte_range::end);
    TG_ASSERT(value_at != std::end(values));
    const std::string key = json::quoted(name);
    if (edits.body().substr(first.begin, key.size()) == key)
        edits.replace(*value_at, value);
    else
        edits.replace(first, key + ":" + value);
    for (std::size_t i = 1; i < facts.cap_members.size(); ++i)
        edits.replace(with_comma_before(edits.body(), facts.cap_members[i]), {});
}

void ask_for_usage(body_edits& edits, const request_facts& facts) {
    const bool streams_usage = facts.where == endpoint::chat_completions || facts.where == endpoint::completions;
    if (!streams_usage || facts.wants_usage) return;
    constexpr std::string_view asked = "{\"include_usage\":true}";
    if (facts.stream_options_at.empty()) return add_member(edits, facts, "stream_options", asked);
    if (facts.stream_options_open == 0) return edits.replace(facts.stream_options_at, std::string(asked)); // null
    if (!facts.include_usage_at.empty()) return edits.replace(facts.include_usage_at, "true");
    edits.insert(facts.stream_options_open,
                 facts.stream_options_empty ? "\"include_usage\":true" : "\"include_usage\":true,");
}

void set_tool_calls_cap(body_edits& edits, const request_facts& facts, std::int64_t cap) {
    if (!facts.max_tool_calls_at.empty()) return edits.replace(facts.max_tool_calls_at, std::to_string(cap));
    add_member(edits, facts, "max_tool_calls", std::to_string(cap));
}

}
