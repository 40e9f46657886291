// One attempt at the route that c.offer names: what came of it before a byte of the answer reached the client.
#include "attempt.hpp"

#include "look_inside.hpp"
#include "relay.hpp"

#include <tollgate/openai/retry_after.hpp>

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
    constexpr std::size_t fields_usual = 8;
    static constexpr std::string_view always[] = {"accept", "user-agent", "openai-beta"};
    std::vector<field> out;
    out.reserve(fields_usual);
    out.push_back({"content-type", "application/json"});
    for (const field& f : c.x.fields()) {
        const bool known = std::ranges::any_of(always, [&](std::string_view name) { return same_name(name, f.name); });
        if (known || listed(c.offer.route->provider->forward_headers, f.name)) out.push_back(f);
    }
    return out;
}

// Whichever ends first: what is left of the request's time, or the provider's own.
std::uint32_t total_ms_of(const call& c, std::int64_t until_us) {
    const std::int64_t left_ms = std::max<std::int64_t>(1, (until_us - c.use.clock.steady_us()) / 1000);
    const std::uint32_t provider_ms = c.offer.route->provider->total_ms;
    const auto left = static_cast<std::uint32_t>(std::min<std::int64_t>(left_ms, c.config->request_total_ms));
    return provider_ms == 0 ? left : std::min(provider_ms, left);
}

// Why another provider may be asked after this failure; empty: asking another would not help, or must not be.
std::string_view reason_of(errc code, int status) {
    switch (code) {
    case errc::provider_unavailable: return "provider_unavailable";
    case errc::provider_timeout: return "provider_timeout";
    case errc::provider_rate_limited: return "provider_rate_limited";
    // Below 500 it is the request's own fault, which every provider would find.
    case errc::provider_error: return status == 0 || status >= 500 ? "provider_error" : "";
    // Our account there is used up; the one at another provider is not.
    case errc::provider_configuration_error: return status == 429 ? "provider_rate_limited" : "";
    default: return {};
    }
}

task<> read_error(call& c, attempt& made) {
    made.error_body = co_await read_all(*made.answer);
    const auto wait_ms = openai::told_to_wait_ms(made.answer->fields(), c.use.clock.now());
    made.error = openai::normalise_provider_error(made.answer->status(), made.error_body.bytes, wait_ms, c.id_text);
}

// What the process learns of the provider.
void learn(call& c, const attempt& made, const attempt_made& note) {
    const std::string& name = c.offer.route->provider->name;
    provider_health& health = c.use.providers.of(name);
    const std::int64_t now_us = c.use.clock.steady_us();
    if (made.good())
        health.answered(now_us, note.took_us);
    else if (made.error.code == errc::provider_rate_limited)
        health.limited(now_us, made.error.retry_after_ms);
    else if (!made.reason.empty())
        health.failed(now_us);
    if (made.error.code == errc::provider_configuration_error && health.refused_credentials(now_us))
        c.use.providers.board().complain(name, note.status);
}

}

bool usage_is_ours(const call& c) {
    const bool has_option = c.where == openai::endpoint::chat_completions || c.where == openai::endpoint::completions;
    return c.asked.stream && has_option && !c.asked.wants_usage && !c.offer.route->provider->quirks.no_stream_options;
}

task<attempt> try_provider(call& c, stop_signal& stop, std::int64_t until_us) {
    openai::body_edits edits(c.body);
    edit_body(c, edits);
    const auto pieces = edits.pieces();
    const auto fields = fields_to_send(c);

    ports::upstream_request request;
    request.to = c.offer.route->provider.get();
    request.path = openai::route_of(c.where).substr(std::string_view("/v1").size());
    request.fields = fields;
    request.body = pieces;
    request.total_ms = total_ms_of(c, until_us);

    c.attempts += 1;
    const std::int64_t began_us = c.use.clock.steady_us();
    c.use.providers.of(request.to->name).begin(began_us);
    attempt made;
    auto answer = co_await c.use.upstream.open(request, stop);
    attempt_made note{request.to->name, c.offer.target->alias, 0, {}, c.use.clock.steady_us() - began_us};
    if (!answer) {
        made.sent = answer.error().sent;
        made.error.code = answer.error().why.code;
        if (!stop.fired()) made.reason = reason_of(made.error.code, 0);
        note.code = openai::code_text(made.error.code);
    } else {
        made.answer = std::move(*answer);
        made.sent = true;
        note.status = made.answer->status();
        if (!made.good())
            co_await read_error(c, made);
        else if (c.attempts < c.policy->fallback.attempts_max)
            co_await look_inside(c, made);
        if (made.refused || made.silent) note.code = openai::code_text(made.error.code);
        if (made.silent)
            made.reason = stop.fired() ? std::string_view() : reason_of(made.error.code, 0);
        else if (!made.good())
            made.reason = reason_of(made.error.code, made.refused ? made.error.status : note.status);
    }
    learn(c, made, note);
    c.tries.push_back(std::move(note));
    co_return made;
}

}
