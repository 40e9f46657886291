// What is left of rates, in two spellings: OpenAI's x-ratelimit-*, which tell of the tightest limit of each kind, and
// RateLimit with RateLimit-Policy (IETF draft-ietf-httpapi-ratelimit-headers-10), which tell of every limit.
#include "call.hpp"

#include <tollgate/core/eight_bytes.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace tollgate::app {

namespace {

constexpr std::size_t duration_bytes_max = number_bytes_max + 8;

// OpenAI's spelling of a duration: "12ms", "1s", "6m0s", "23h59m59s".
char* put_duration(char* at, std::int64_t ms) {
    if (ms < 1000) return put(put_number(at, std::max<std::int64_t>(ms, 0)), "ms");
    const std::int64_t s = (ms + 999) / 1000;
    if (s >= 3600) at = put(put_number(at, s / 3600), "h");
    if (s >= 60) at = put(put_number(at, s / 60 % 60), "m");
    return put(put_number(at, s % 60), "s");
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

rate rate_of(const call& c, std::size_t i) {
    const policy::applied_limit& limit = c.course->limits()[i];
    const limit_check& check = limit.check;
    const ledger::reading& at = c.held.readings[i];
    const std::int64_t mine = !c.held.admitted ? 0 : check.what == measure::tokens ? c.offer.tokens : 1;
    rate one;
    one.name = limit.name;
    one.what = check.what;
    one.limit = check.maximum;
    one.remaining = std::max<std::int64_t>(0, check.maximum - used_of(check.what, at.at) - mine);
    if (check.what == measure::concurrency || !at.end_s) return one;
    one.window_s = *at.end_s - at.start_s;
    one.reset_ms = std::max<std::int64_t>(0, *at.end_s * 1000 - c.arrived.ms());
    return one;
}

// The rates that apply: the tightest of each kind that OpenAI has a name for, and the first of all.
struct rate_list {
    std::array<rate, limits::rate_fields_max> of;
    std::size_t count = 0;
    std::optional<rate> requests, tokens;

    void add(const rate& one) {
        if (count < of.size()) of[count++] = one;
        if (one.what == measure::requests) keep_tightest(requests, one);
        if (one.what == measure::tokens) keep_tightest(tokens, one);
    }
    std::span<const rate> all() const { return {of.data(), count}; }

private:
    static void keep_tightest(std::optional<rate>& found, const rate& one) {
        if (!found || one.remaining < found->remaining) found = one;
    }
};

rate_list rates_of(const call& c) {
    rate_list out;
    for (std::size_t i = 0; i < c.held.readings.size(); ++i)
        if (c.course->limits()[i].check.what != measure::cost && binds(c, i)) out.add(rate_of(c, i));
    return out;
}

struct openai_names {
    std::string_view limit, remaining, reset;
};
constexpr openai_names for_requests{"x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
                                    "x-ratelimit-reset-requests"};
constexpr openai_names for_tokens{"x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens",
                                  "x-ratelimit-reset-tokens"};

void add_tightest(const std::optional<rate>& found, const openai_names& names, header_block& fields) {
    if (!found) return;
    fields.add(names.limit, found->limit);
    fields.add(names.remaining, found->remaining);
    fields.build(names.reset, duration_bytes_max,
                 [&](char* at) { return put_duration(at, found->reset_ms.value_or(0)); });
}

// A structured field's string holds printable ASCII.
char* put_quoted(char* at, std::string_view name) {
    *at++ = '"';
    if (!may_need_quoting(name)) {
        at = put(at, name);
    } else {
        for (const char c : name) {
            if (c == '"' || c == '\\') *at++ = '\\';
            *at++ = c >= 0x20 && c < 0x7f ? c : '_';
        }
    }
    *at++ = '"';
    return at;
}

// "name";q=60;w=60
char* put_policy(char* at, const rate& one) {
    at = put_number(put(put_quoted(at, one.name), ";q="), one.limit);
    if (one.window_s) at = put_number(put(at, ";w="), *one.window_s);
    if (one.what == measure::tokens) at = put(at, ";qu=\"tokens\"");
    if (one.what == measure::concurrency) at = put(at, ";qu=\"concurrent-requests\"");
    return at;
}

// "name";r=59;t=12
char* put_state(char* at, const rate& one) {
    at = put_number(put(put_quoted(at, one.name), ";r="), one.remaining);
    if (one.reset_ms) at = put_number(put(at, ";t="), (*one.reset_ms + 999) / 1000);
    return at;
}

std::size_t bytes_max_of(std::span<const rate> all) {
    constexpr std::size_t beside_name = 80; // quotes, parameters, two numbers, the comma
    std::size_t most = 0;
    for (const rate& one : all) most += 2 * one.name.size() + beside_name;
    return most;
}

void add_list(std::string_view name, std::span<const rate> all, char* (*put_one)(char*, const rate&),
              header_block& fields) {
    fields.build(name, bytes_max_of(all), [&](char* at) {
        for (const rate& one : all) at = put_one(&one == all.data() ? at : put(at, ", "), one);
        return at;
    });
}

}

void add_rate_fields(const call& c, header_block& fields) {
    const rate_list rates = rates_of(c);
    if (rates.count == 0) return;
    add_tightest(rates.requests, for_requests, fields);
    add_tightest(rates.tokens, for_tokens, fields);
    add_list("ratelimit-policy", rates.all(), put_policy, fields);
    add_list("ratelimit", rates.all(), put_state, fields);
}

}
