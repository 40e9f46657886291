#include <tollgate/core/limits.hpp>
#include <tollgate/mock/steering.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace tollgate::mock {
namespace {

constexpr std::string_view header_prefix = "x-mock-";

template <auto Member, std::int64_t Max>
bool number(steering& into, std::string_view value) {
    std::int64_t parsed = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (read.ec != std::errc{} || read.ptr != value.data() + value.size() || parsed < 0 || parsed > Max) return false;
    into.*Member = parsed;
    return true;
}

template <auto Member>
bool flag(steering& into, std::string_view value) {
    into.*Member = value.empty() || value == "1" || value == "true";
    return into.*Member || value == "0" || value == "false";
}

template <auto Member>
bool text(steering& into, std::string_view value) {
    into.*Member = value;
    return !value.empty();
}

template <class Kind, std::size_t N>
bool choose(Kind& into, std::string_view value, const std::array<std::pair<std::string_view, Kind>, N>& choices) {
    for (const auto& [name, kind] : choices) {
        if (name != value) continue;
        into = kind;
        return true;
    }
    return false;
}

constexpr std::array<std::pair<std::string_view, usage_kind>, 6> usage_kinds{{
    {"present", usage_kind::present},
    {"absent", usage_kind::absent},
    {"zero", usage_kind::zero},
    {"wrong", usage_kind::wrong},
    {"cumulative", usage_kind::cumulative},
    {"worst", usage_kind::worst},
}};

constexpr std::array<std::pair<std::string_view, error_shape>, 6> error_shapes{{
    {"openai", error_shape::openai},
    {"mistral", error_shape::mistral},
    {"google", error_shape::google},
    {"aws", error_shape::aws},
    {"string", error_shape::string},
    {"html", error_shape::html},
}};

bool set_usage(steering& into, std::string_view value) { return choose(into.usage, value, usage_kinds); }
bool set_shape(steering& into, std::string_view value) { return choose(into.shape, value, error_shapes); }
bool set_status(steering& into, std::string_view value) {
    return number<&steering::status, 599>(into, value) && into.status >= 200;
}

using s = steering;
constexpr auto ms_max = limits::mock_wait_ms_max;
constexpr auto words_max = limits::mock_words_max;
constexpr auto line_max = limits::mock_line_bytes_max;
constexpr std::int64_t any = INT64_MAX;

// clang-format off
constexpr steer table[] = {
    {"status", "200-599", "the status; from 400 on with an error body", set_status},
    {"delay-ms", "number", "waits before the first byte", number<&s::delay_ms, ms_max>},
    {"gap-ms", "number", "waits between two pieces of the answer", number<&s::gap_ms, ms_max>},
    {"chunks", "number", "content chunks of a stream, each written by itself", number<&s::chunks, words_max>},
    {"completion-tokens", "number", "words of the answer, up to the cap", number<&s::completion_tokens, words_max>},
    {"usage", "present, absent, zero, wrong, cumulative, worst", "what is said of the tokens", set_usage},
    {"usage-prompt", "number", "exactly this prompt count", number<&s::usage_prompt, any>},
    {"usage-completion", "number", "exactly this completion count", number<&s::usage_completion, any>},
    {"usage-cached", "number", "cached prompt tokens", number<&s::usage_cached, any>},
    {"usage-reasoning", "number", "reasoning tokens, inside the completion", number<&s::usage_reasoning, any>},
    {"cut-after", "number", "after so many pieces: FIN without the end", number<&s::cut_after, words_max>},
    {"reset-after", "number", "after so many pieces: RST", number<&s::reset_after, words_max>},
    {"stream-error-after", "number", "after so many pieces: an error event", number<&s::stream_error_after, words_max>},
    {"hang", "flag", "never answers", flag<&s::hang>},
    {"slow-body", "flag", "the answer in eight pieces, gap-ms (or 50) apart", flag<&s::slow_body>},
    {"gzip", "flag", "content-encoding: gzip", flag<&s::gzip>},
    {"crlf", "flag", "events end with CRLF", flag<&s::crlf>},
    {"huge-line", "bytes", "one more event whose line is that long", number<&s::huge_line, line_max>},
    {"no-done", "flag", "the stream ends cleanly, but without [DONE]", flag<&s::no_done>},
    {"heartbeat", "flag", "a comment line before each event", flag<&s::heartbeat>},
    {"json-for-stream", "flag", "plain JSON though a stream was asked for", flag<&s::json_for_stream>},
    {"error-shape", "openai, mistral, google, aws, string, html", "the error body's shape", set_shape},
    {"error-in-200", "flag", "an error body under status 200", flag<&s::error_in_200>},
    {"retry-after", "text", "a retry-after header", text<&s::retry_after>},
    {"tool-call", "flag", "answers with a call of the first tool", flag<&s::tool_call>},
    {"model", "text", "names another model in the answer", text<&s::model>},
    {"service-tier", "text", "names another tier in the answer", text<&s::service_tier>},
    {"content-type", "text", "another content type", text<&s::content_type>},
    {"echo-headers", "flag", "the answer has the request's headers under mock_headers", flag<&s::echo_headers>},
};
// clang-format on

bool same_steer(std::string_view given, std::string_view name) {
    return std::ranges::equal(given, name, [](char a, char b) {
        const char low = a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a;
        return (low == '_' ? '-' : low) == b;
    });
}

void apply(steering& into, std::string_view name, std::string_view value) {
    for (const steer& one : table) {
        if (!same_steer(name, one.name)) continue;
        if (!one.set(into, value)) into.unknown = std::string(name) + "=" + std::string(value);
        return;
    }
    into.unknown = name;
}

void apply_list(steering& into, std::string_view list, char separator) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(separator), list.size());
        const std::string_view item = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        const std::size_t equals = std::min(item.find('='), item.size());
        if (!item.empty()) apply(into, item.substr(0, equals), item.substr(std::min(equals + 1, item.size())));
    }
}

}

std::span<const steer> steers() { return table; }

std::string_view plain_model(std::string_view model) { return model.substr(0, model.find_first_of("?+")); }

steering read_steering(std::span<const field> fields, std::string_view model) {
    steering into;
    for (const field& f : fields)
        if (f.name.size() > header_prefix.size() && same_name(f.name.substr(0, header_prefix.size()), header_prefix))
            apply(into, f.name.substr(header_prefix.size()), f.value);
    const std::size_t mark = model.find_first_of("?+");
    if (mark != model.npos) apply_list(into, model.substr(mark + 1), model[mark] == '?' ? '&' : '+');
    return into;
}

}
