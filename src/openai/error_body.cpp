#include "error_words.hpp"

#include "error_table.hpp"
#include "object_writer.hpp"

#include <optional>

namespace tollgate::openai {

namespace {

constexpr std::uint32_t retry_after_ms_max = 60'000; // some clients sleep for whatever they are told

bool is_of_provider(errc code) { return code >= errc::provider_unavailable; }

// A key that is not known learns nothing about whom it might belong to.
bool tells_nothing(errc code) { return code == errc::invalid_api_key; }

bool may_wait(const refusal& why) { return why.retry_after_ms && *why.retry_after_ms <= retry_after_ms_max; }

// A limit of pace that waiting cures says how long: without that, the request is larger than the limit, or the limit
// has no end.
bool never_passes(const refusal& why) {
    const bool pace = why.code == errc::request_rate_exceeded || why.code == errc::token_rate_exceeded;
    return pace && !why.retry_after_ms;
}

bool retryable(const error_row& row, const refusal& why) {
    if (row.retry == retry_rule::wait) return !never_passes(why) && (!why.retry_after_ms || may_wait(why));
    return row.retry == retry_rule::by_status && row.status == 408;
}

// "confirmation.token" becomes a member of an object `confirmation`, together with those of the same prefix behind it.
void write_extra(object_writer& w, const refusal& why) {
    for (auto next = why.extra.begin(); next != why.extra.end();) {
        const std::size_t dot = next->first.find('.');
        if (dot == std::string::npos) {
            w.text(next->first, next->second);
            ++next;
            continue;
        }
        const std::string prefix = next->first.substr(0, dot + 1);
        object_writer inner(w.key(std::string_view(prefix).substr(0, dot)));
        for (; next != why.extra.end() && next->first.starts_with(prefix); ++next)
            inner.text(std::string_view(next->first).substr(dot + 1), next->second);
        inner.close();
    }
}

void write_gateway(std::string& out, const refusal& why, const error_row& row, std::string_view request_id) {
    object_writer w(out);
    w.text("origin", is_of_provider(why.code) ? "provider" : "gateway");
    w.text("request_id", request_id);
    if (tells_nothing(why.code)) return w.close();
    w.flag("retryable", retryable(row, why));
    if (!why.scope_kind.empty()) {
        object_writer scope(w.key("scope"));
        scope.text("kind", why.scope_kind);
        scope.text_or_null("id", why.scope_id);
        scope.close();
    }
    w.text_if("limit", why.limit_name);
    w.text_if("period", why.period);
    w.amount("limit_usd", why.limit_usd);
    w.amount("spent_usd", why.spent_usd);
    w.amount("reserved_usd", why.reserved_usd);
    w.amount("required_usd", why.required_usd);
    w.count("limit_count", why.limit_count);
    w.count("used_count", why.used_count);
    w.count("required_count", why.required_count);
    if (why.resets_at) w.text("resets_at", to_rfc3339(*why.resets_at));
    if (why.retry_after_ms) w.count("retry_after_ms", *why.retry_after_ms);
    w.text_if("policy_version", why.policy_version);
    w.text_if("over_limit_action", why.over_limit_action);
    w.text_if("feature", why.feature);
    w.text_if("tier", why.tier);
    if (why.upstream_status != 0) w.count("provider_status", why.upstream_status);
    if (why.openai_profile && row.money) w.text("openai_code", "insufficient_quota");
    write_extra(w, why);
    w.close();
}

// The four members that OpenAI's clients read.
error_words words_of(const refusal& why) {
    const error_row& row = row_of(why.code);
    return {.message = why.message.empty() ? row.message : std::string_view(why.message),
            .type = row.type,
            .param = why.param.empty() ? row.param : std::string_view(why.param),
            .code = row.text};
}

// The value of "error".
void write_error(std::string& out, const error_words& words, const refusal& why, std::string_view request_id) {
    object_writer w(out);
    w.text("message", words.message);
    w.text("type", words.type);
    w.text_or_null("param", words.param);
    w.text_or_null("code", words.code);
    write_gateway(w.key("gateway"), why, row_of(why.code), request_id);
    w.close();
}

void add_retry_after(error_answer& out, std::uint32_t ms) {
    out.fields.emplace_back("retry-after", std::to_string((ms + 999) / 1000));
    out.fields.emplace_back("retry-after-ms", std::to_string(ms));
}

void add_retry_fields(error_answer& out, const error_row& row, const refusal& why) {
    switch (row.retry) {
    case retry_rule::by_status: return;
    case retry_rule::never: out.fields.emplace_back("x-should-retry", "false"); return;
    case retry_rule::wait:
        if (may_wait(why)) return add_retry_after(out, *why.retry_after_ms);
        if (why.retry_after_ms || never_passes(why)) out.fields.emplace_back("x-should-retry", "false");
        return;
    case retry_rule::never_but_wait:
        out.fields.emplace_back("x-should-retry", "false");
        if (may_wait(why)) add_retry_after(out, *why.retry_after_ms);
        return;
    }
}

}

std::string_view code_text(errc code) { return row_of(code).text; }

error_answer to_answer(const refusal& why, std::string_view request_id) {
    return to_answer(words_of(why), why, request_id);
}

error_answer to_answer(const error_words& words, const refusal& why, std::string_view request_id) {
    const error_row& row = row_of(why.code);
    error_answer out;
    out.status = row.money && why.openai_profile ? 429 : row.status;
    out.code = why.code;
    out.retry_after_ms = why.retry_after_ms.value_or(0);
    out.body = "{\"error\":";
    write_error(out.body, words, why, request_id);
    out.body += "}";
    add_retry_fields(out, row, why);
    if (row.status == 401) out.fields.emplace_back("www-authenticate", "Bearer");
    if (row.status == 405)
        for (const auto& [name, value] : why.extra)
            if (name == "allow") out.fields.emplace_back("allow", value);
    if (row.status == 426) out.fields.emplace_back("upgrade", "HTTP/1.1");
    return out;
}

std::string stream_error(bool responses_api, const refusal& why, std::string_view request_id) {
    std::string out;
    if (!responses_api) {
        out = "data: {\"error\":";
        write_error(out, words_of(why), why, request_id);
        return out + "}\n\n";
    }
    const error_words words = words_of(why);
    out = "event: error\ndata: ";
    object_writer w(out);
    w.text("type", "error");
    w.text("code", words.code);
    w.text("message", words.message);
    w.text_or_null("param", words.param);
    w.count("sequence_number", 0);
    write_gateway(w.key("gateway"), why, row_of(why.code), request_id);
    w.close();
    return out + "\n\n";
}

}
