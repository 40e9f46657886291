// Steps 6 and 7: the provider, and its answer back to the client. Every way out of here settles.
#include "call.hpp"
#include "relay.hpp"

#include <tollgate/openai/error_body.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

// The body as the provider shall see it; every byte that no policy changes stays as it came.
void edit_body(const call& c, openai::body_edits& edits) {
    const provider_quirks& quirks = c.offer.route->provider->quirks;
    if (c.offer.route->upstream_name != c.asked.model) openai::set_model(edits, c.asked, c.offer.route->upstream_name);
    const bool chat = c.where == openai::endpoint::chat_completions;
    const bool rename = chat && quirks.max_tokens_only && !c.asked.max_completion_tokens_at.empty();
    if (c.offer.cap > 0 && (c.offer.cap_is_ours || rename))
        openai::set_output_cap(edits, c.asked, c.offer.cap, quirks.max_tokens_only);
    if (usage_is_ours(c)) openai::ask_for_usage(edits, c.asked);
    if (c.offer.bound.tool_calls > 0 && c.asked.max_tool_calls.value_or(INT64_MAX) != c.offer.bound.tool_calls)
        openai::set_tool_calls_cap(edits, c.asked, c.offer.bound.tool_calls);
}

bool listed(const std::vector<std::string>& patterns, std::string_view name) {
    return std::ranges::any_of(patterns, [&](std::string_view pattern) {
        if (!pattern.ends_with('*')) return same_name(pattern, name);
        pattern.remove_suffix(1);
        return name.size() >= pattern.size() && same_name(name.substr(0, pattern.size()), pattern);
    });
}

// An allow-list: nothing of the client's reaches the provider unless it stands here or the catalogue names it.
std::vector<field> fields_to_send(const call& c) {
    static constexpr std::string_view always[] = {"accept", "user-agent", "openai-beta"};
    std::vector<field> out{{"content-type", "application/json"}};
    for (const field& f : c.x.fields()) {
        const bool known = std::ranges::any_of(always, [&](std::string_view name) { return same_name(name, f.name); });
        if (known || listed(c.offer.route->provider->forward_headers, f.name)) out.push_back(f);
    }
    return out;
}

// Whichever ends first: the server's deadline for a request, or the provider's own.
std::uint32_t total_ms_of(const call& c) {
    const std::uint32_t provider_ms = c.offer.route->provider->total_ms;
    return provider_ms == 0 ? c.config->request_total_ms : std::min(provider_ms, c.config->request_total_ms);
}

refusal failure_of(const error& why) {
    refusal out;
    out.code = why.code;
    out.message = why.code == errc::provider_timeout ? "The provider did not answer in time."
                                                     : "The provider could not be reached or broke the connection.";
    return out;
}

}

bool usage_is_ours(const call& c) {
    const bool has_option = c.where == openai::endpoint::chat_completions || c.where == openai::endpoint::completions;
    return c.asked.stream && has_option && !c.asked.wants_usage && !c.offer.route->provider->quirks.no_stream_options;
}

void note_failure(call& c, const refusal& why) {
    c.code = openai::code_text(why.code);
    c.status = openai::to_answer(why, c.id_text).status;
}

task<> send_failure(call& c, const refusal& why) {
    const openai::error_answer answer = openai::to_answer(why, c.id_text);
    c.use.metrics.provider_errors.fetch_add(1, std::memory_order_relaxed);
    c.client_gone = !co_await send_error(c, answer);
}

task<> forward(call& c) {
    openai::body_edits edits(c.body);
    edit_body(c, edits);
    const auto pieces = edits.pieces();
    const auto fields = fields_to_send(c);

    ports::upstream_request request;
    request.to = c.offer.route->provider.get();
    request.path = openai::route_of(c.where).substr(std::string_view("/v1").size());
    request.fields = fields;
    request.body = pieces;
    request.total_ms = total_ms_of(c);

    // A client that leaves a stream stops the provider. Otherwise the answer is awaited all the same, unless the
    // process ends: the provider generates it anyway, and only its usage tells what it costs.
    stop_signal process_ends;
    if (!c.asked.stream)
        c.x.stop().on_fire([&] {
            if (c.use.stopping && *c.use.stopping) process_ends.fire();
        });
    stop_signal& stop = c.asked.stream ? c.x.stop() : process_ends;
    c.attempts += 1;
    c.use.metrics.in_flight.fetch_add(1, std::memory_order_relaxed);
    auto answer = co_await c.use.upstream.open(request, stop);
    if (!answer) {
        outcome end;
        end.how = answer.error().sent ? outcome::end::unknown : outcome::end::not_sent;
        const refusal why = failure_of(answer.error().why);
        note_failure(c, why);
        c.client_gone = stop.fired();
        if (c.client_gone) c.code = "client_closed";
        co_await settle(c, end);
        co_await send_failure(c, why);
    } else {
        c.first_byte_us = c.use.clock.steady_us();
        co_await relay(c, **answer);
    }
    if (!c.asked.stream) c.x.stop().on_fire({});
    c.use.metrics.in_flight.fetch_sub(1, std::memory_order_relaxed);
}

}
