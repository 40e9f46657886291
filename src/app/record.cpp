// Step 9: the record of a request: a row in the store, a line in the log. Never a key, a prompt or a completion.
#include "call.hpp"

#include <tollgate/core/json_writer.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr std::size_t record_bytes_usual = 1023; // of either half; with its end a round block

// "00-<32 hex>-<16 hex>-01": the caller's trace, for people who look for both sides of a request.
std::string_view trace_id_of(const call& c) {
    const auto value = find_field(c.x.fields(), "traceparent").value_or("");
    if (value.size() < 55 || value[2] != '-' || value[35] != '-') return {};
    const std::string_view id = value.substr(3, 32);
    const bool hex = id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    const bool zeros = id.find_first_not_of('0') == std::string_view::npos; // stands for none
    return hex && !zeros ? id : std::string_view();
}

void write_identity(json_writer& out, const call& c) {
    const attribution& who = c.facts.who;
    out.member("request_id", c.id_text).optional_member("trace_id", trace_id_of(c));
    out.optional_member("tenant", who.tenant).optional_member("workspace", who.workspace);
    out.optional_member("key_id", who.key)
        .optional_member("key_label", c.caller ? c.caller->label : std::string_view());
    if (who.key_family != who.key) out.optional_member("key_family", who.key_family);
    out.optional_member("end_user", who.end_user).optional_member("agent", who.agent);
    out.optional_member("session", who.session);
}

void write_intent(json_writer& out, const call& c) {
    const attribution& who = c.facts.who;
    out.optional_member("feature", who.feature).member("route", openai::route_of(c.where));
    out.optional_member("environment", who.environment).optional_member("request_class", who.request_class);
    if (c.asked.stream) out.member("stream", true);
    if (!c.idempotency_key.empty()) out.member("idempotency_key_used", true);
}

void write_versions(json_writer& out, const call& c) {
    out.member("price_version", c.config->catalog->price_version);
    if (!c.policy) return;
    out.member("policy_version", c.policy->version).member("policy_hash", c.policy->hash);
    const auto local = c.arrived.seconds() + c.policy->zone->offset_at(c.arrived.seconds());
    rfc3339_room room;
    out.member("invoice_period", write_rfc3339(room, instant::from_seconds(local)).substr(0, 7));
}

recorded_bound bound_of(const call& c) {
    recorded_bound out;
    if (!c.asked_for) return out;
    // Of the model asked for: another one's stands among the candidates.
    const quote& of = c.offer;
    out.input_tokens = of.bound.input_tokens;
    out.output_tokens = of.bound.output_tokens;
    out.tool_calls = of.bound.tool_calls;
    out.audio_input_tokens = of.bound.audio_input_tokens;
    out.image_input_tokens = of.bound.image_input_tokens;
    out.cap = of.cap;
    out.choices = c.asked.choices;
    return out;
}

// What stands before the ledger is asked, once for the hold's record and for the final one.
const std::string& beginning(call& c) {
    if (!c.record_beginning.empty()) return c.record_beginning;
    std::string& text = c.record_beginning;
    text.reserve(record_bytes_usual);
    json_writer out(text);
    out.begin_object();
    write_identity(out, c);
    write_intent(out, c);
    out.optional_member("model_requested", c.facts.who.model);
    write_versions(out, c);
    write_facts(out, c.facts, bound_of(c));
    return text;
}

// Only where there is something to tell: an attempt that is all there was and went well is told by the rest.
void write_tries(json_writer& out, const call& c) {
    if (c.tries.empty() || (c.tries.size() == 1 && c.tries[0].code.empty() && c.tries[0].status < 300)) return;
    out.key("tries").begin_array();
    for (const attempt_made& made : c.tries) {
        out.begin_object().member("provider", made.provider).member("model", made.model);
        if (made.status != 0) out.member("status", made.status);
        out.optional_member("code", made.code).member("ms", made.took_us / 1000).end_object();
    }
    out.end_array();
}

void write_routing(json_writer& out, const call& c) {
    if (c.offer.target) {
        out.member("model_served", c.offer.target->alias).member("tier", c.offer.target->tier);
        out.member("provider", c.offer.route->provider->name);
        out.optional_member("model_answered", c.model_answered);
        out.optional_member("fallback_reason", c.fallback_reason);
    }
    out.member("attempts", c.attempts);
    write_tries(out, c);
}

void write_usage(json_writer& out, const call& c) {
    out.member("prompt_tokens", c.used.prompt_tokens).member("completion_tokens", c.used.completion_tokens);
    out.member("cached_tokens", c.used.cached_tokens);
    if (c.used.cache_write_tokens > 0) out.member("cache_write_tokens", c.used.cache_write_tokens);
    if (c.used.reasoning_tokens > 0) out.member("reasoning_tokens", c.used.reasoning_tokens);
}

void write_billing(json_writer& out, const call& c) {
    write_usage(out, c);
    out.member("cost_usd", c.charged).member("provider_cost_usd", c.provider_cost);
    out.member("cost_source", name_of(c.source));
    if (c.flagged) out.member("flagged", true);
}

// A replay is neither: it was allowed once, and holds nothing now.
std::string_view decision_of(const call& c) {
    if (!c.original.empty()) return "replay";
    return c.held.admitted ? "allow" : "refuse";
}

void write_enforcement(json_writer& out, const call& c) {
    out.member("decision", decision_of(c)).optional_member("code", c.code);
    if (!c.original.empty()) out.member("original_request_id", c.original.text());
    if (c.remaining) out.member("remaining_usd", *c.remaining);
    if (c.policy) out.member("over_limit_action", policy::name_of(c.policy->over_limit));
    if (!c.course) return;
    for (const policy::applied_limit& limit : c.course->limits())
        if (limit.check.what != measure::cost) {
            out.member("rate_limit_bucket", limit.check.scope);
            break;
        }
}

void write_timings(json_writer& out, const call& c) {
    const std::int64_t now = c.use.clock.steady_us();
    rfc3339_room room;
    out.member("received_at", write_rfc3339(room, c.arrived, true));
    if (c.held_us > 0) out.member("hold_us", c.held_us - c.started_us);
    if (c.first_byte_us > 0) out.member("first_byte_us", c.first_byte_us - c.started_us);
    out.member("total_us", now - c.started_us);
}

std::string final_record(call& c) {
    std::string text;
    text.reserve(beginning(c).size() + record_bytes_usual);
    text = beginning(c);
    json_writer out = json_writer::inside(text);
    write_routing(out, c);
    out.member("estimated_usd", c.offer.estimate);
    write_billing(out, c);
    write_enforcement(out, c);
    out.member("status", c.status);
    if (c.client_gone) out.member("client_gone", true);
    write_timings(out, c);
    write_answers(out, c.answers, c.outlook);
    if (c.decided) write_decided(out.key(decided_member), *c.decided);
    out.end_object();
    return text;
}

// The log's line is the row's record: written here, so that the text can move on without a copy.
std::string logged_record(call& c) {
    std::string text = final_record(c);
    c.use.log.write(text);
    c.logged = true;
    return text;
}

}

// As far as it is known: what is left of a request whose process dies.
std::string record_json(call& c) {
    constexpr std::size_t routing_bytes_usual = 256;
    std::string text;
    text.reserve(beginning(c).size() + routing_bytes_usual);
    text = beginning(c);
    json_writer out = json_writer::inside(text);
    write_routing(out, c);
    out.member("estimated_usd", c.offer.estimate);
    out.end_object();
    return text;
}

ledger::usage_row usage_row_of(call& c) {
    const attribution& who = c.facts.who;
    ledger::usage_row row;
    row.id = c.id;
    row.tenant = who.tenant;
    row.key = who.key;
    row.workspace = who.workspace;
    row.feature = who.feature;
    row.agent = who.agent;
    row.end_user = who.end_user;
    row.model_requested = who.model;
    if (c.offer.target) {
        row.model_served = c.offer.target->alias;
        row.provider = c.offer.route->provider->name;
    }
    row.decision = decision_of(c);
    row.code = c.code;
    row.settlement_status = c.charged > usd_nano() || (c.held.admitted && c.status < 300) ? "charged" : "voided";
    row.status = c.status;
    row.used = c.used;
    row.estimated = c.offer.estimate;
    row.charged = c.charged;
    row.provider_cost = c.provider_cost;
    row.source = c.source;
    row.at = c.arrived;
    row.record = logged_record(c);
    return row;
}

void record(call& c) {
    if (!c.logged) logged_record(c); // nobody's request: a line, but no row
    if (c.client_gone) c.use.metrics.client_gone.fetch_add(1, std::memory_order_relaxed);
    const std::int64_t now = c.use.clock.steady_us();
    ports::metrics::add(c.use.metrics.total_us, now - c.started_us);
    if (c.held_us > 0) ports::metrics::add(c.use.metrics.hold_us, c.held_us - c.started_us);
    if (c.first_byte_us > 0) ports::metrics::add(c.use.metrics.first_byte_us, c.first_byte_us - c.started_us);
}

}
