#include "prompt_walk.hpp"

#include "audio_tokens.hpp"
#include "image_tokens.hpp"

#include <tollgate/openai/tokenizer.hpp>

#include <algorithm>
#include <array>

namespace tollgate::openai {

namespace {

using json::kind;

// Keys that give a message its form and that the model does not see; any other key counts as text.
constexpr std::array<std::string_view, 19> form_keys{
    "role",        "content",    "type",    "text",     "name",      "image_url",    "url",
    "detail",      "tool_calls", "id",      "function", "arguments", "tool_call_id", "data",
    "input_audio", "format",     "refusal", "call_id",  "output",
};

bool is_form_key(std::string_view key) { return std::ranges::find(form_keys, key) != form_keys.end(); }

}

void prompt_walk::text(std::string_view inside) {
    const auto bytes = static_cast<std::int64_t>(inside.size());
    if (!exact_) {
        facts_.text_bytes += bytes;
        return;
    }
    // Counting holds up the thread, so it has a budget; past it, bytes are bound enough.
    exact_bytes_left_ -= bytes;
    if (exact_bytes_left_ < 0)
        exact_tokens_ += bytes;
    else
        exact_tokens_ += json::has_escapes(inside) ? count_tokens(json::unescape(inside)) : count_tokens(inside);
}

bool prompt_walk::messages(json::ondemand::value from) {
    const std::string_view token = json::reader::token(from);
    if (json::reader::kind_of(token) != kind::array) {
        ++facts_.messages;
        return content(from, {"content", {}});
    }
    return reader_.array(from, [&](json::ondemand::value& message) {
        ++facts_.messages;
        return content(message, {});
    });
}

bool prompt_walk::content(json::ondemand::value from, place at) {
    const std::string_view token = json::reader::token(from);
    switch (json::reader::kind_of(token)) {
    case kind::string: {
        std::string_view inside;
        if (!reader_.string(token, inside)) return false;
        string(inside, at);
        return true;
    }
    case kind::object: return part(from, at.key);
    case kind::array: return reader_.array(from, [&](json::ondemand::value& v) { return content(v, at); });
    default:
        if (!json::valid_scalar(token)) return reader_.fail(json::fault::not_json);
        if (token != "null") text(token);
        return true;
    }
}

bool prompt_walk::part(json::ondemand::value from, std::string_view key) {
    return reader_.object(from, [&](json::member& m) {
        const std::string decoded = m.key_escaped ? json::unescape(m.key) : std::string();
        const std::string_view name = m.key_escaped ? std::string_view(decoded) : m.key;
        if (!is_form_key(name)) text(m.key);
        return content(m.value, {name, key});
    });
}

void prompt_walk::string(std::string_view inside, place at) {
    const bool decides = at.key == "type" || at.key == "detail";
    const bool taken = decides && json::has_escapes(inside) ? media(json::unescape(inside), at) : media(inside, at);
    if (!taken) text(inside);
}

// True when `inside` was tallied as something other than text.
bool prompt_walk::media(std::string_view inside, place at) {
    const auto bytes = static_cast<std::int64_t>(inside.size());
    if (at.key == "image_url" || (at.key == "url" && at.parent == "image_url")) {
        ++facts_.images;
        facts_.image_bytes += bytes;
        facts_.image_tokens += image_url_tokens(inside);
        return true;
    }
    if (at.key == "detail" && inside == "original") {
        facts_.image_tokens += original_image_tokens;
        return true;
    }
    if (at.key == "data" && at.parent == "input_audio") {
        facts_.audio_bytes += bytes;
        facts_.audio_tokens += audio_tokens(inside);
        return true;
    }
    if (at.key == "file_data") {
        ++facts_.files;
        facts_.file_bytes += bytes;
        return true;
    }
    // What the provider fetches or has stored: its size is not in the body.
    const bool fetched = at.key == "file_id" || at.key == "file_url" ||
                         (at.key == "url" && (at.parent == "video_url" || at.parent == "audio_url")) ||
                         (at.key == "id" && at.parent == "audio") || (at.key == "type" && inside == "item_reference");
    if (fetched) facts_.hidden_input = true;
    return fetched;
}

bool prompt_walk::prompts(json::ondemand::value from, std::int64_t& count) {
    count = 1;
    if (json::reader::kind_of(json::reader::token(from)) != kind::array) return content(from, {"content", {}});
    std::int64_t pieces = 0, ids = 0;
    const auto element = [&](json::ondemand::value& v) {
        const std::string_view token = json::reader::token(v);
        const kind what = json::reader::kind_of(token);
        if (what == kind::number) {
            ++ids;
            return json::valid_number(token) || reader_.fail(json::fault::not_json);
        }
        ++pieces;
        if (what != kind::array) return content(v, {"content", {}});
        return reader_.array(v, [&](json::ondemand::value& inner) {
            const std::string_view inner_token = json::reader::token(inner);
            if (json::reader::kind_of(inner_token) != kind::number) return content(inner, {"content", {}});
            ++ids;
            return json::valid_number(inner_token) || reader_.fail(json::fault::not_json);
        });
    };
    if (!reader_.array(from, element)) return false;
    facts_.token_ids += ids;
    count = std::max<std::int64_t>(pieces, 1);
    return true;
}

bool prompt_walk::raw(json::ondemand::value from) {
    std::string_view ignored;
    return raw(from, ignored);
}

bool prompt_walk::raw(json::ondemand::value from, std::string_view& text_out) {
    if (!reader_.skip(from, text_out)) return false;
    if (text_out.starts_with('"'))
        text(text_out.substr(1, text_out.size() - 2));
    else if (text_out != "null")
        text(text_out);
    return true;
}

}
