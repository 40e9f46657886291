#include "relay.hpp"

#include <tollgate/core/json_writer.hpp>

#include <algorithm>

namespace tollgate::app {

std::string_view content_type_of(const ports::upstream_answer& answer) {
    return find_field(answer.fields(), "content-type").value_or("application/json");
}

namespace {

bool is_event_stream(const ports::upstream_answer& answer) {
    constexpr std::string_view type = "text/event-stream";
    return same_name(content_type_of(answer).substr(0, type.size()), type);
}

}

void add_answer_fields(const call& c, const ports::upstream_answer& answer, header_block& fields) {
    static constexpr std::string_view passed[] = {"cache-control", "openai-model", "openai-version",
                                                  "openai-processing-ms"};
    add_decision_fields(c, fields);
    for (const field& f : answer.fields()) {
        if (same_name(f.name, "x-request-id")) fields.add("x-upstream-request-id", f.value);
        const bool pass = std::ranges::any_of(passed, [&](std::string_view name) { return same_name(name, f.name); });
        if (pass) fields.add(f.name, f.value);
    }
    // SDKs choose by it how they read the body, which was found to be JSON where it is no stream.
    const std::string_view type = content_type_of(answer);
    const bool right = is_event_stream(answer) || type.contains("json");
    fields.add("content-type", right ? type : "application/json");
}

std::string usage_members(const call& c) {
    std::string out;
    json_writer w(out);
    w.member("cost_usd", c.charged);
    if (c.fallback_reason.empty()) return out;
    w.member("model_requested", c.facts.who.model).member("model_served", c.offer.target->alias);
    w.member("fallback_reason", c.fallback_reason);
    return out;
}

std::string own_usage(const call& c) {
    const bool responses = c.where == openai::endpoint::responses;
    std::string out = "{";
    json_writer w(out);
    w.member(responses ? "input_tokens" : "prompt_tokens", c.used.prompt_tokens);
    if (c.where != openai::endpoint::embeddings)
        w.member(responses ? "output_tokens" : "completion_tokens", c.used.completion_tokens);
    w.member("total_tokens", c.used.total());
    return out.append(",").append(usage_members(c)).append("}");
}

task<> relay(call& c, ports::upstream_answer& answer) {
    // The provider's own content type decides, not what was asked; unless it may be wrong about that.
    if (is_event_stream(answer)) return relay_stream(c, answer);
    if (c.asked.stream) return relay_by_its_looks(c, answer);
    return relay_whole(c, answer);
}

}
