#include "stream_chunk.hpp"

#include "find_text.hpp"
#include "json_text.hpp"
#include "output_text.hpp"

#include <algorithm>
#include <array>

namespace tollgate::openai {

namespace {

constexpr std::string_view usage_key = "\"usage\"";

std::size_t skip_space(std::string_view text, std::size_t at) {
    while (at < text.size() && json::is_space(text[at])) ++at;
    return at;
}

// Where the value of the key starts that ends at `at`; npos when it is not a key.
std::size_t value_after(std::string_view json, std::size_t at) {
    at = skip_space(json, at);
    if (at >= json.size() || json[at] != ':') return std::string_view::npos;
    return skip_space(json, at + 1);
}

// True when the object that holds the position just before `rest` is the root: it closes where the text ends.
bool in_root(std::string_view rest) {
    int depth = 1;
    for (std::size_t at = 0; at < rest.size(); ++at) {
        const char c = rest[at];
        if (c == '"')
            at += string_at(rest.substr(at)).size() + 1;
        else if (c == '{' || c == '[')
            ++depth;
        else if ((c == '}' || c == ']') && --depth == 0)
            return skip_space(rest, at + 1) == rest.size();
    }
    return false;
}

}

member_cut cut_member(std::string_view json, std::string_view member) {
    std::size_t begin = static_cast<std::size_t>(member.data() - json.data());
    std::size_t end = begin + member.size();
    std::size_t before = begin;
    while (before > 0 && json::is_space(json[before - 1])) --before;
    if (before > 0 && json[before - 1] == ',') return {before - 1, end};
    const std::size_t after = skip_space(json, end);
    if (after < json.size() && json[after] == ',') end = skip_space(json, after + 1);
    return {begin, end};
}

usage_mark find_usage(std::string_view json) {
    usage_mark out;
    for (std::size_t at = find_text(json, usage_key); at != std::string_view::npos;
         at = find_text(json, usage_key, at + 1)) {
        const std::size_t value = value_after(json, at + usage_key.size());
        if (value == std::string_view::npos) continue;
        if (json.substr(value, 4) != "null")
            out.tells = true;
        else if (in_root(json.substr(value + 4)))
            out.null = cut_member(json, json.substr(at, value + 4 - at));
    }
    return out;
}

constexpr std::array<std::string_view, 4> response_ends{"response.completed", "response.incomplete", "response.failed",
                                                        "response.cancelled"};

bool ends_response(std::string_view name) { return std::ranges::find(response_ends, name) != response_ends.end(); }

responses_event classify_responses_event(std::string_view name, std::string_view data) {
    if (name == "error") return responses_event::error;
    if (ends_response(name)) return responses_event::terminal;
    if (!name.empty()) return responses_event::other;
    const std::string_view head = data.substr(0, 128);
    for (const std::string_view terminal : response_ends)
        if (holds(head, terminal)) return responses_event::terminal;
    return responses_event::other;
}

bool delta_texts(std::string_view data, chunk_shape::texts& into) {
    const std::size_t at = find_text(data, "\"choices\"");
    if (at == std::string_view::npos) return true;
    bool all = true;
    each_output_text(data.substr(at), [&](std::string_view text) { all = all && into.add(text); });
    return all;
}

void append_delta_text(std::string& out, endpoint where, std::string_view data) {
    if (where != endpoint::responses) {
        const std::size_t at = find_text(data, "\"choices\"");
        if (at != std::string_view::npos) append_output_text(out, data.substr(at));
        return;
    }
    constexpr std::string_view key = "\"delta\"";
    const std::size_t at = find_text(data, key);
    if (at == std::string_view::npos || holds(data.substr(0, at), "audio.delta")) return;
    const std::size_t value = value_after(data, at + key.size());
    if (value == std::string_view::npos || data[value] != '"') return;
    const std::string_view inside = string_at(data.substr(value));
    out += json::has_escapes(inside) ? json::unescape(inside) : std::string(inside);
}

}
