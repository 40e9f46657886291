// What is left of rates, in two spellings: OpenAI's x-ratelimit-*, which tell of the tightest limit of each kind, and
// RateLimit with RateLimit-Policy (IETF draft-ietf-httpapi-ratelimit-headers-10), which tell of every limit.
#include "call.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

// OpenAI's spelling of a duration: "12ms", "1s", "6m0s", "23h59m59s".
std::string duration_text(std::int64_t ms) {
    if (ms < 1000) return std::to_string(std::max<std::int64_t>(ms, 0)) + "ms";
    const std::int64_t s = (ms + 999) / 1000;
    std::string out;
    if (s >= 3600) out += std::to_string(s / 3600) + "h";
    if (s >= 60) out += std::to_string(s / 60 % 60) + "m";
    return out + std::to_string(s % 60) + "s";
}

struct rate {
    std::string_view name;
    measure what = measure::requests;
    std::int64_t limit = 0, remaining = 0; // after this request
    std::optional<std::int64_t> window_s;  // none: requests at once, or for ever
    std::optional<std::int64_t> reset_ms;
};

std::int64_t used_of(measure what, const ledger::counter& at) {
    switch (what) {
    case measure::tokens: return at.tokens + at.tokens_held;
    case measure::concurrency: return at.in_flight;
    default: return at.requests;
    }
}

std::vector<rate> rates_of(const call& c) {
    std::vector<rate> out;
    for (std::size_t i = 0; i < c.held.readings.size(); ++i) {
        const policy::applied_limit& limit = c.course->limits()[i];
        const limit_check& check = limit.check;
        if (check.what == measure::cost || !binds(c, i)) continue;
        const ledger::reading& at = c.held.readings[i];
        const std::int64_t mine = !c.held.admitted ? 0 : check.what == measure::tokens ? c.offer.tokens : 1;
        rate& one = out.emplace_back();
        one.name = limit.name;
        one.what = check.what;
        one.limit = check.maximum;
        one.remaining = std::max<std::int64_t>(0, check.maximum - used_of(check.what, at.at) - mine);
        if (check.what == measure::concurrency || !at.end_s) continue;
        one.window_s = *at.end_s - at.start_s;
        one.reset_ms = std::max<std::int64_t>(0, *at.end_s * 1000 - c.arrived.ms());
    }
    return out;
}

void add_tightest(const std::vector<rate>& rates, measure what, header_block& fields) {
    const rate* found = nullptr;
    for (const rate& each : rates)
        if (each.what == what && (!found || each.remaining < found->remaining)) found = &each;
    if (!found) return;
    const bool tokens = what == measure::tokens;
    fields.add(tokens ? "x-ratelimit-limit-tokens" : "x-ratelimit-limit-requests", std::to_string(found->limit));
    fields.add(tokens ? "x-ratelimit-remaining-tokens" : "x-ratelimit-remaining-requests",
               std::to_string(found->remaining));
    fields.add(tokens ? "x-ratelimit-reset-tokens" : "x-ratelimit-reset-requests",
               duration_text(found->reset_ms.value_or(0)));
}

// A structured field's string holds printable ASCII.
std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') out += '\\';
        out += c >= 0x20 && c < 0x7f ? c : '_';
    }
    return out + '"';
}

std::string policy_of(const rate& one) {
    std::string out = quoted(one.name) + ";q=" + std::to_string(one.limit);
    if (one.window_s) out += ";w=" + std::to_string(*one.window_s);
    if (one.what == measure::tokens) out += ";qu=\"tokens\"";
    if (one.what == measure::concurrency) out += ";qu=\"concurrent-requests\"";
    return out;
}

std::string state_of(const rate& one) {
    std::string out = quoted(one.name) + ";r=" + std::to_string(one.remaining);
    if (one.reset_ms) out += ";t=" + std::to_string((*one.reset_ms + 999) / 1000);
    return out;
}

}

void add_rate_fields(const call& c, header_block& fields) {
    std::vector<rate> rates = rates_of(c);
    if (rates.empty()) return;
    add_tightest(rates, measure::requests, fields);
    add_tightest(rates, measure::tokens, fields);
    if (rates.size() > limits::rate_fields_max) rates.resize(limits::rate_fields_max);
    std::string policies, states;
    for (const rate& each : rates) {
        policies += (policies.empty() ? "" : ", ") + policy_of(each);
        states += (states.empty() ? "" : ", ") + state_of(each);
    }
    fields.add("ratelimit-policy", policies);
    fields.add("ratelimit", states);
}

}
