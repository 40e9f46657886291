#include <tollgate/app/unmetered.hpp>

#include "account/viewer.hpp"
#include "header_block.hpp"
#include "relay.hpp"

#include <tollgate/app/respond.hpp>
#include <tollgate/openai/error_body.hpp>
#include <tollgate/openai/retry_after.hpp>

#include <algorithm>
#include <array>

namespace tollgate::app {

namespace {

// There is no model to choose a provider by: the one named "openai", else the first by name.
std::shared_ptr<const provider> provider_for(const catalog& known) {
    if (const auto at = known.providers.find("openai"); at != known.providers.end()) return at->second;
    const auto first = std::ranges::min_element(known.providers, {}, [](const auto& entry) { return entry.first; });
    return first == known.providers.end() ? nullptr : first->second;
}

task<> send_code(ports::exchange& x, const viewer& who, errc code, std::string message) {
    refusal out;
    out.code = code;
    out.message = std::move(message);
    co_await send_refusal(x, out, who.id);
}

// As on metered paths: a provider that refuses our credential must not look like one that refuses the client's.
task<> relay_error(ports::exchange& x, const viewer& who, ports::upstream_answer& answer) {
    const std::string id = who.id.text();
    const whole_body got = co_await read_all(answer);
    const auto wait_ms = openai::told_to_wait_ms(answer.fields(), who.facts.at);
    const openai::error_answer mapped = openai::normalise_provider_error(answer.status(), got.bytes, wait_ms, id);
    header_block fields;
    fields.add("content-type", "application/json");
    fields.add("x-request-id", id);
    fields.add("x-ai-quota-policy", who.policy->version);
    for (const auto& [name, value] : mapped.fields) fields.add(name, value);
    const auto views = fields.fields();
    co_await x.send(mapped.status, views, mapped.body);
}

task<> relay_raw(ports::exchange& x, const viewer& who, ports::upstream_answer& answer) {
    const std::string id = who.id.text();
    header_block fields;
    fields.add("x-request-id", id);
    fields.add("x-ai-quota-policy", who.policy->version);
    for (const field& f : answer.fields())
        if (same_name(f.name, "content-type")) fields.add("content-type", f.value);
    const auto views = fields.fields();
    co_await x.begin(answer.status(), views);
    for (;;) {
        auto part = co_await answer.read();
        if (!part) {
            x.abort();
            co_return;
        }
        if (part->empty()) break;
        const std::array pieces{*part};
        const bool written = co_await x.write(pieces);
        if (!written) co_return;
    }
    co_await x.finish({});
}

}

bool is_unmetered(const configuration& config, std::string_view path) {
    return std::ranges::any_of(config.unmetered_paths, [&](const std::string& listed) { return listed == path; });
}

task<> pass_unmetered(services& use, ports::exchange& x) {
    const auto config = use.config.get();
    const viewer who = co_await identify_viewer(use, x);
    if (who.objection) {
        co_await send_refusal(x, *who.objection, who.id);
        co_return;
    }
    const auto to = provider_for(*config->catalog);
    if (!to) {
        co_await send_code(x, who, errc::provider_unavailable, "No provider is configured.");
        co_return;
    }
    auto body = co_await x.read_body(config->body_bytes_max);
    if (!body) {
        co_await send_code(x, who, body.error().code, body.error().detail);
        co_return;
    }
    const std::array pieces{*body};
    std::vector<field> fields;
    for (const field& f : x.fields())
        if (same_name(f.name, "content-type") || same_name(f.name, "accept")) fields.push_back(f);
    constexpr std::string_view prefix = "/v1";
    ports::upstream_request request;
    request.to = to.get();
    request.method = x.method();
    std::string target(x.path().substr(prefix.size()));
    if (!x.query().empty()) target.append("?").append(x.query());
    request.path = target;
    request.fields = fields;
    request.body = pieces;
    request.total_ms = config->request_total_ms;
    auto answer = co_await use.upstream.open(request, x.stop());
    if (!answer) {
        co_await send_code(x, who, answer.error().why.code, "");
        co_return;
    }
    if ((*answer)->status() >= 300)
        co_await relay_error(x, who, **answer);
    else
        co_await relay_raw(x, who, **answer);
}

}
