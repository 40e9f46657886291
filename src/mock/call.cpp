#include "call.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::mock {
namespace {

namespace dom = simdjson::dom;

constexpr std::int64_t choices_max = 128;
constexpr std::int64_t dimensions_max = 4096;
constexpr std::int64_t inputs_max = 2048;
constexpr int depth_max = 8;

std::string_view string_at(dom::object from, std::string_view key) {
    std::string_view text;
    if (from[key].get(text) != simdjson::SUCCESS) return {};
    return text;
}

bool flag_at(dom::object from, std::string_view key) {
    bool value = false;
    return from[key].get(value) == simdjson::SUCCESS && value;
}

std::optional<std::int64_t> number_at(dom::object from, std::string_view key) {
    std::int64_t value = 0;
    if (from[key].get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
}

void add_text(std::string_view text, call& into) {
    into.text_bytes += static_cast<std::int64_t>(text.size());
    std::uint64_t seed = into.seed; // FNV-1a over words of eight bytes: enough to tell texts apart
    for (std::size_t at = 0; at < text.size(); at += 8) {
        std::uint64_t eight = 0;
        std::copy_n(text.data() + at, std::min<std::size_t>(8, text.size() - at), reinterpret_cast<char*>(&eight));
        seed = (seed ^ eight) * 0x100000001b3;
    }
    into.seed = seed;
    if (text.find("call tool") != text.npos) into.wants_tool = true;
}

// Strings, lists of them, and objects with "text", "content" or "input" of the same kinds.
void add_texts(dom::element from, call& into, int depth) {
    std::string_view text;
    dom::array list;
    dom::object object;
    if (depth > depth_max) return;
    if (from.get(text) == simdjson::SUCCESS) return add_text(text, into);
    if (from.get(list) == simdjson::SUCCESS) {
        for (const dom::element item : list) add_texts(item, into, depth + 1);
    } else if (from.get(object) == simdjson::SUCCESS) {
        for (const auto& [key, value] : object)
            if (key == "content" || key == "text" || key == "input") add_texts(value, into, depth + 1);
    }
}

void read_tools(dom::object body, call& into) {
    dom::array tools;
    if (body["tools"].get(tools) != simdjson::SUCCESS) return;
    for (const dom::element one : tools) {
        dom::object tool;
        dom::object function;
        if (one.get(tool) != simdjson::SUCCESS) continue;
        const bool nested = tool["function"].get(function) == simdjson::SUCCESS;
        into.tool = string_at(nested ? function : tool, "name");
        if (!into.tool.empty()) break;
    }
    dom::object chosen;
    if (body["tool_choice"].get(chosen) == simdjson::SUCCESS || string_at(body, "tool_choice") == "required")
        into.wants_tool = true;
}

void read_inputs(dom::object body, call& into) {
    dom::array list;
    if (body["input"].get(list) == simdjson::SUCCESS)
        into.inputs = std::clamp(static_cast<std::int64_t>(list.size()), std::int64_t{1}, inputs_max);
    into.dimensions = std::clamp(number_at(body, "dimensions").value_or(8), std::int64_t{1}, dimensions_max);
    into.base64 = string_at(body, "encoding_format") == "base64";
}

std::string_view text_key(api kind) {
    switch (kind) {
    case api::chat: return "messages";
    case api::completions: return "prompt";
    case api::responses:
    case api::embeddings: return "input";
    }
    return {};
}

}

result<call> read_call(dom::parser& reader, api kind, std::string_view body) {
    dom::object object;
    if (reader.parse(body.data(), body.size(), false).get(object) != simdjson::SUCCESS)
        return fail(errc::invalid_request, "The body is not a JSON object.");
    call into;
    into.kind = kind;
    into.model = string_at(object, "model");
    into.service_tier = string_at(object, "service_tier");
    into.stream = flag_at(object, "stream");
    dom::object options;
    if (object["stream_options"].get(options) == simdjson::SUCCESS)
        into.include_usage = flag_at(options, "include_usage");
    for (const std::string_view key : {"max_completion_tokens", "max_output_tokens", "max_tokens"})
        if (!into.cap) into.cap = number_at(object, key);
    into.choices = std::clamp(number_at(object, "n").value_or(1), std::int64_t{1}, choices_max);
    dom::element text;
    into.seed = 0xcbf29ce484222325;
    if (object[text_key(kind)].get(text) == simdjson::SUCCESS) add_texts(text, into, 0);
    if (kind == api::responses) add_text(string_at(object, "instructions"), into);
    read_tools(object, into);
    if (kind == api::embeddings) read_inputs(object, into);
    return into;
}

}
