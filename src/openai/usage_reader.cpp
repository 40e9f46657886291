#include "usage_reader.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace tollgate::openai {

namespace {

using json::kind;
using count = std::optional<std::int64_t>;

// The counts as the provider wrote them.
struct raw_usage {
    count prompt, completion, total;
    count cached, cached_elsewhere; // in the details, or under a provider's own name
    count cache_write, cache_write_5m, cache_write_1h;
    count reasoning, audio_in, audio_out, image_in, web_searches;
    bool malformed = false;
};

struct spelling {
    std::string_view name;
    count raw_usage::* into;
};

constexpr std::array counts{
    spelling{"prompt_tokens", &raw_usage::prompt},
    spelling{"input_tokens", &raw_usage::prompt},
    spelling{"completion_tokens", &raw_usage::completion},
    spelling{"output_tokens", &raw_usage::completion},
    spelling{"total_tokens", &raw_usage::total},
    spelling{"prompt_cache_hit_tokens", &raw_usage::cached_elsewhere}, // DeepSeek
    spelling{"num_cached_tokens", &raw_usage::cached_elsewhere},       // Mistral
    spelling{"cached_tokens", &raw_usage::cached_elsewhere},
    spelling{"cache_read_input_tokens", &raw_usage::cached_elsewhere}, // Anthropic
    spelling{"cache_creation_input_tokens", &raw_usage::cache_write},
    spelling{"reasoning_tokens", &raw_usage::reasoning},
};

constexpr std::array input_details{
    spelling{"cached_tokens", &raw_usage::cached},
    spelling{"cache_write_tokens", &raw_usage::cache_write},
    spelling{"cache_creation_tokens", &raw_usage::cache_write}, // of other gateways
    spelling{"audio_tokens", &raw_usage::audio_in},
    spelling{"image_tokens", &raw_usage::image_in},
};

constexpr std::array output_details{
    spelling{"reasoning_tokens", &raw_usage::reasoning},
    spelling{"thinking_tokens", &raw_usage::reasoning},
    spelling{"audio_tokens", &raw_usage::audio_out},
};

constexpr std::array cache_writes{
    spelling{"ephemeral_5m_input_tokens", &raw_usage::cache_write_5m},
    spelling{"ephemeral_1h_input_tokens", &raw_usage::cache_write_1h},
};

constexpr std::array server_tools{spelling{"web_search_requests", &raw_usage::web_searches}};

struct section {
    std::string_view name;
    std::span<const spelling> counts;
};

constexpr std::array sections{
    section{"prompt_tokens_details", input_details},  section{"prompt_token_details", input_details}, // Mistral
    section{"input_tokens_details", input_details},   section{"completion_tokens_details", output_details},
    section{"output_tokens_details", output_details}, section{"cache_creation", cache_writes},
    section{"server_tool_use", server_tools},
};

bool read_count(json::reader& reader, json::member& m, std::span<const spelling> known, raw_usage& out) {
    const auto found = std::ranges::find(known, m.key, &spelling::name);
    if (found == known.end()) return reader.skip(m.value);
    const std::string_view token = json::reader::token(m.value);
    if (token == "null") return true; // no information, not zero
    const auto value = json::whole_number(token);
    if (value && *value <= limits::tokens_max) {
        out.*(found->into) = *value;
        return true;
    }
    out.malformed = true;
    return reader.skip(m.value);
}

bool read_section(json::reader& reader, json::member& m, std::span<const spelling> known, raw_usage& out) {
    if (json::reader::kind_of(json::reader::token(m.value)) != kind::object) return reader.skip(m.value);
    return reader.object(m.value, [&](json::member& inner) { return read_count(reader, inner, known, out); });
}

// Details become disjoint parts of their total, so that no token is priced twice.
std::int64_t part(std::int64_t& left, std::int64_t wanted) {
    const std::int64_t taken = std::min(left, wanted);
    left -= taken;
    return taken;
}

// Zeros are zeros, but not behind a count: totals only grow.
bool says_nothing(const raw_usage& raw) {
    return raw.prompt.value_or(0) == 0 && raw.completion.value_or(0) == 0 && raw.total.value_or(0) == 0;
}

usage normalise(const raw_usage& raw, const provider_quirks& quirks) {
    usage out;
    const std::int64_t cached = raw.cached.value_or(raw.cached_elsewhere.value_or(0));
    const std::int64_t write_1h = raw.cache_write_1h.value_or(0);
    const std::int64_t writes = std::max(raw.cache_write.value_or(0), raw.cache_write_5m.value_or(0) + write_1h);
    const std::int64_t reasoning = raw.reasoning.value_or(0);

    const bool from_total = !raw.prompt && raw.total && raw.completion;
    out.prompt_tokens = from_total ? std::max<std::int64_t>(*raw.total - *raw.completion, 0) : raw.prompt.value_or(0);
    if (quirks.input_excludes_cache)
        out.prompt_tokens += cached + writes;
    else if (quirks.reasoning_extra && cached > out.prompt_tokens)
        out.prompt_tokens += cached; // xAI leaves cached tokens out of the total at times

    out.completion_tokens = raw.completion.value_or(0);
    if (quirks.reasoning_extra) out.completion_tokens += reasoning;
    // Thinking may be missing from the completion and still be in the total.
    if (raw.total) out.completion_tokens = std::max(out.completion_tokens, *raw.total - out.prompt_tokens);

    std::int64_t input_left = out.prompt_tokens;
    out.cached_tokens = part(input_left, cached);
    out.cache_write_1h_tokens = part(input_left, write_1h);
    out.cache_write_tokens = part(input_left, writes - write_1h);
    out.audio_in_tokens = part(input_left, raw.audio_in.value_or(0));
    out.image_in_tokens = part(input_left, raw.image_in.value_or(0));
    std::int64_t output_left = out.completion_tokens;
    out.audio_out_tokens = part(output_left, raw.audio_out.value_or(0));
    out.reasoning_tokens = part(output_left, reasoning);
    out.web_search_calls = raw.web_searches.value_or(0);
    return out;
}

}

bool read_usage(json::reader& reader, json::ondemand::value from, const provider_quirks& quirks, usage_report& into) {
    raw_usage raw;
    const bool read = reader.object(from, [&](json::member& m) {
        const kind what = json::reader::kind_of(json::reader::token(m.value));
        if (what != kind::object) return read_count(reader, m, counts, raw);
        const auto detailed = std::ranges::find(sections, m.key, &section::name);
        if (detailed == sections.end()) return read_count(reader, m, counts, raw);
        return read_section(reader, m, detailed->counts, raw);
    });
    if (!read) return false;
    if (!raw.malformed && !raw.prompt && !raw.completion && !raw.total) return true;
    if (into.present && !raw.malformed && says_nothing(raw)) return true;
    into.present = true;
    into.malformed = raw.malformed;
    into.prompt_missing = !raw.prompt && !raw.total;
    into.completion_missing = !raw.completion && !raw.total;
    const std::int64_t calls = into.used.web_search_calls;
    into.used = normalise(raw, quirks);
    into.used.web_search_calls = std::max(calls, into.used.web_search_calls);
    return true;
}

}
