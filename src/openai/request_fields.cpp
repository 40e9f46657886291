#include "request_reader.hpp"

#include "hosted_tools.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <array>

namespace tollgate::openai {

namespace {

using json::kind;
using json::member;

bool is_null(member& m) { return json::reader::token(m.value) == "null"; }
kind kind_of(member& m) { return json::reader::kind_of(json::reader::token(m.value)); }

std::string backticked(std::string_view name) { return "`" + std::string(name) + "`"; }

bool read_model(request_reader& r, member& m, std::string_view name) {
    std::optional<std::string> value;
    const std::string_view token = json::reader::token(m.value);
    if (!r.text_value(m, name, value)) return false;
    if (!value || value->empty()) return r.refuse(name, "Name the model to use in `model`.");
    if (value->size() > limits::model_name_bytes_max)
        return r.refuse(name,
                        "`model` must be at most " + std::to_string(limits::model_name_bytes_max) + " bytes long.");
    r.facts().model = std::move(*value);
    r.facts().model_at = r.range_of(token);
    return true;
}

bool read_stream(request_reader& r, member& m, std::string_view name) { return r.flag(m, name, r.facts().stream); }
bool read_echo(request_reader& r, member& m, std::string_view name) {
    return r.where() == endpoint::completions ? r.flag(m, name, r.echo) : r.prompt().raw(m.value);
}
bool read_background(request_reader& r, member& m, std::string_view name) {
    return r.flag(m, name, r.facts().background);
}

bool knows_cap(endpoint where, std::string_view name) {
    switch (where) {
    case endpoint::chat_completions: return name != "max_output_tokens";
    case endpoint::completions: return name == "max_tokens";
    case endpoint::responses: return name == "max_output_tokens";
    case endpoint::embeddings: break;
    }
    return false;
}

// A cap that the endpoint does not know is checked, but bounds nothing.
bool read_cap(request_reader& r, member& m, std::string_view name) {
    request_facts& facts = r.facts();
    const std::string_view token = json::reader::token(m.value);
    std::optional<std::int64_t> cap;
    if (!r.count(m, name, cap)) return false;
    if (cap == 0 && r.where() == endpoint::completions && name == "max_tokens")
        r.wants_no_output = true; // judged at the end, by `echo`
    else if (cap == 0)
        return r.refuse(name, backticked(name) + " must be at least 1.");
    if (cap && knows_cap(r.where(), name)) facts.max_output = std::max(facts.max_output.value_or(0), *cap);
    byte_range& at = name == "max_tokens"              ? facts.max_tokens_at
                     : name == "max_completion_tokens" ? facts.max_completion_tokens_at
                                                       : facts.max_output_tokens_at;
    at = r.range_of(token);
    facts.cap_members.push_back({r.range_of({m.key_at, 0}).begin, at.end});
    return true;
}

bool read_small_count(request_reader& r, member& m, std::string_view name, std::int64_t least, std::int64_t& out) {
    std::optional<std::int64_t> value;
    if (!r.count(m, name, value)) return false;
    if (value && (*value < least || *value > limits::choices_max))
        return r.refuse(name, backticked(name) + " must be between " + std::to_string(least) + " and " +
                                  std::to_string(limits::choices_max) + ".");
    if (value) out = *value;
    return true;
}

bool read_n(request_reader& r, member& m, std::string_view name) {
    return read_small_count(r, m, name, 1, r.choices_asked);
}
bool read_best_of(request_reader& r, member& m, std::string_view name) {
    return read_small_count(r, m, name, 0, r.best_of);
}

bool read_max_tool_calls(request_reader& r, member& m, std::string_view name) {
    const std::string_view token = json::reader::token(m.value);
    std::optional<std::int64_t> value;
    if (!r.count(m, name, value)) return false;
    if (value && *value > limits::choices_max)
        return r.refuse(name, "`max_tool_calls` must be at most " + std::to_string(limits::choices_max) + ".");
    r.facts().max_tool_calls = value;
    r.facts().max_tool_calls_at = r.range_of(token);
    return true;
}

bool read_stream_options(request_reader& r, member& m, std::string_view name) {
    request_facts& facts = r.facts();
    const std::string_view token = json::reader::token(m.value);
    if (is_null(m)) {
        facts.stream_options_at = r.range_of(token);
        return true;
    }
    if (kind_of(m) != kind::object) return r.refuse(name, "`stream_options` must be an object.");
    facts.stream_options_open = r.range_of(token).begin + 1;
    facts.stream_options_empty = true;
    const bool read = r.json().object(m.value, [&](member& inner) {
        facts.stream_options_empty = false;
        if (folded_key(inner) != "include_usage") return r.json().skip(inner.value);
        if (!facts.include_usage_at.empty() || json::unescape(inner.key) != "include_usage")
            return r.refuse("stream_options.include_usage", "`include_usage` must stand once, and in lower case.");
        facts.include_usage_at = r.range_of(json::reader::token(inner.value));
        return r.flag(inner, "stream_options.include_usage", facts.wants_usage);
    });
    if (!read) return false;
    const auto end = static_cast<std::uint32_t>(r.json().offset(r.json().end_of_last()));
    facts.stream_options_at = {facts.stream_options_open - 1, end};
    return true;
}

bool read_messages(request_reader& r, member& m, std::string_view) {
    return r.where() == endpoint::chat_completions ? r.prompt().messages(m.value) : r.prompt().raw(m.value);
}

bool read_input(request_reader& r, member& m, std::string_view) {
    if (r.where() == endpoint::responses) return r.prompt().messages(m.value);
    if (r.where() == endpoint::embeddings) return r.prompt().prompts(m.value, r.prompts);
    return r.prompt().raw(m.value);
}

bool read_prompt(request_reader& r, member& m, std::string_view) {
    if (r.where() == endpoint::completions) return r.prompt().prompts(m.value, r.prompts);
    if (!is_null(m)) r.facts().hidden_input = true; // a stored template
    return r.prompt().raw(m.value);
}

// What the provider has kept: of any size, up to the model's context.
bool read_hidden(request_reader& r, member& m, std::string_view) {
    if (!is_null(m)) r.facts().hidden_input = true;
    return r.json().skip(m.value);
}

bool read_tool(request_reader& r, json::ondemand::value& tool) {
    bool hosted = false;
    const std::string_view token = json::reader::token(tool);
    if (json::reader::kind_of(token) != kind::object) return r.refuse("tools", "Each of `tools` must be an object.");
    const bool read = r.json().object(tool, [&](member& m) {
        if (folded_key(m) != "type") return r.json().skip(m.value);
        std::optional<std::string> type;
        if (!r.text_value(m, "tools", type)) return false;
        if (type && is_hosted_tool(*type)) hosted = true;
        return true;
    });
    ++(hosted ? r.facts().hosted_tools : r.facts().tools);
    return read;
}

// Definitions count as they stand: providers show them to the model in a form no longer than their JSON.
bool read_tools(request_reader& r, member& m, std::string_view name) {
    if (is_null(m)) return true;
    if (kind_of(m) != kind::array) return r.refuse(name, backticked(name) + " must be an array.");
    const char* begin = json::reader::token(m.value).data();
    if (!r.json().array(m.value, [&](json::ondemand::value& tool) { return read_tool(r, tool); })) return false;
    r.prompt().count_raw({begin, static_cast<std::size_t>(r.json().end_of_last() - begin)});
    return true;
}

bool read_web_search_options(request_reader& r, member& m, std::string_view) {
    if (!is_null(m)) ++r.facts().hosted_tools;
    return r.prompt().raw(m.value);
}

bool read_service_tier(request_reader& r, member& m, std::string_view name) {
    std::optional<std::string> value;
    if (!r.text_value(m, name, value)) return false;
    if (!value) return true;
    r.facts().tier = parse_service_tier(*value);
    if (r.facts().tier) return true;
    return r.refuse(name, "This gateway has no price for that service tier. Use auto, default, flex or priority.");
}

bool read_metadata(request_reader& r, member& m, std::string_view) {
    if (kind_of(m) != kind::object) return r.json().skip(m.value);
    struct tag {
        std::string_view key, param;
        std::string& value;
        bool seen = false;
    };
    request_facts& facts = r.facts();
    tag tags[] = {
        {"workspace", "metadata.workspace", facts.workspace},
        {"feature", "metadata.feature", facts.feature},
        {"agent", "metadata.agent", facts.agent},
        {"session", "metadata.session", facts.session},
    };
    return r.json().object(m.value, [&](member& inner) {
        const std::string key = json::unescape(inner.key);
        const auto found = std::ranges::find(tags, std::string_view(key), &tag::key);
        if (found == std::end(tags)) return r.json().skip(inner.value);
        if (found->seen) return r.refuse(found->param, backticked(found->param) + " stands twice. Send it once.");
        found->seen = true;
        return r.label(inner, found->param, found->value);
    });
}

bool read_user(request_reader& r, member& m, std::string_view name) { return r.label(m, name, r.user); }
bool read_safety_identifier(request_reader& r, member& m, std::string_view name) {
    return r.label(m, name, r.safety_identifier);
}

// `response_format` of chat, `text.format` of responses. The schema is shown to the model.
bool read_format(request_reader& r, member& m, std::string_view) {
    std::string_view raw;
    if (!r.prompt().raw(m.value, raw)) return false;
    if (raw.find("json_schema") != std::string_view::npos) r.facts().wants_json_schema = true;
    return true;
}

bool read_modalities(request_reader& r, member& m, std::string_view) {
    std::string_view raw;
    if (!r.json().skip(m.value, raw)) return false;
    if (json::unescape(raw).find("\"audio\"") != std::string::npos) r.facts().audio_output = true;
    return true;
}

bool read_prediction(request_reader& r, member& m, std::string_view) {
    std::string_view raw;
    if (!r.prompt().raw(m.value, raw)) return false;
    if (raw != "null") r.facts().prediction_bytes = static_cast<std::int64_t>(raw.size());
    return true;
}

// THE fields that decide money or attribution. Anything else counts as text and passes untouched.
constexpr std::array fields{
    request_field{"model", read_model},
    request_field{"stream", read_stream},
    request_field{"stream_options", read_stream_options},
    request_field{"max_tokens", read_cap},
    request_field{"max_completion_tokens", read_cap},
    request_field{"max_output_tokens", read_cap},
    request_field{"n", read_n},
    request_field{"best_of", read_best_of},
    request_field{"echo", read_echo},
    request_field{"max_tool_calls", read_max_tool_calls},
    request_field{"messages", read_messages},
    request_field{"input", read_input},
    request_field{"prompt", read_prompt},
    request_field{"previous_response_id", read_hidden},
    request_field{"conversation", read_hidden},
    request_field{"tools", read_tools},
    request_field{"functions", read_tools},
    request_field{"web_search_options", read_web_search_options},
    request_field{"service_tier", read_service_tier},
    request_field{"background", read_background},
    request_field{"response_format", read_format},
    request_field{"text", read_format},
    request_field{"modalities", read_modalities},
    request_field{"prediction", read_prediction},
    request_field{"metadata", read_metadata},
    request_field{"user", read_user},
    request_field{"safety_identifier", read_safety_identifier},
};
static_assert(fields.size() <= known_fields_max);

constexpr std::size_t name_bytes_max = 32;

// fields[by_length[n]...]: the few of each length, so that a lookup compares two or three names.
struct length_index {
    std::array<std::uint8_t, fields.size()> order{};
    std::array<std::uint8_t, name_bytes_max + 2> first{};
};

constexpr length_index make_index() {
    length_index out;
    std::size_t filled = 0;
    for (std::size_t length = 0; length <= name_bytes_max; ++length) {
        out.first[length] = static_cast<std::uint8_t>(filled);
        for (std::size_t i = 0; i < fields.size(); ++i)
            if (fields[i].name.size() == length) out.order[filled++] = static_cast<std::uint8_t>(i);
    }
    out.first[name_bytes_max + 1] = static_cast<std::uint8_t>(filled);
    return out;
}
constexpr length_index by_length = make_index();
static_assert(by_length.first[name_bytes_max + 1] == fields.size(), "a name is longer than name_bytes_max");

field_match find_name(std::string_view name) {
    if (name.size() > name_bytes_max) return {};
    for (std::size_t i = by_length.first[name.size()]; i < by_length.first[name.size() + 1]; ++i) {
        const std::size_t index = by_length.order[i];
        if (fields[index].name == name) return {&fields[index], index, true};
    }
    return {};
}

constexpr bool is_plain(char c) { return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9'); }

// ASCII upper case, and the two other letters that Go's decoder folds: the long s and the Kelvin sign.
std::string fold(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (text.substr(i, 2) == "\xC5\xBF") {
            out.push_back('s');
            i += 1;
        } else if (text.substr(i, 3) == "\xE2\x84\xAA") {
            out.push_back('k');
            i += 2;
        } else {
            out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
        }
    }
    return out;
}

}

std::string folded_key(const json::member& m) {
    return fold(m.key_escaped ? json::unescape(m.key) : std::string(m.key));
}

field_match find_request_field(const json::member& m) {
    if (!m.key_escaped && std::ranges::all_of(m.key, is_plain)) return find_name(m.key);
    const std::string plain = m.key_escaped ? json::unescape(m.key) : std::string(m.key);
    field_match match = find_name(fold(plain));
    if (match.field != nullptr) match.exact = match.field->name == plain;
    return match;
}

}
