#include "output_text.hpp"

#include "find_text.hpp"

#include <algorithm>
#include <array>

namespace tollgate::openai {

namespace {

constexpr std::array<std::string_view, 19> form_keys{
    "role",
    "id",
    "type",
    "object",
    "finish_reason",
    "status",
    "token",
    "tokens",
    "call_id",
    "item_id",
    "data",
    "url",
    "title",
    "annotations",
    "native_finish_reason",
    "format",
    "file_id",
    "encrypted_content",
    "result",
};

}

bool is_form_key(std::string_view key) { return std::ranges::find(form_keys, key) != form_keys.end(); }

bool thought_seen::again(std::string_view key, std::string_view text) {
    if (text.empty()) return false;
    const bool thought = key == "reasoning" || key == "reasoning_content";
    const bool may_repeat = thought || key == "text" || key == "summary"; // of reasoning_details
    if (may_repeat && text == text_ && key != key_) return true;
    key_ = key;
    text_ = thought ? text : std::string_view();
    return false;
}

std::size_t end_of_string(std::string_view json, std::size_t from) {
    for (std::size_t at = find_special(json, from); at < json.size();) {
        if (json[at] == '"') return at;
        at = find_special(json, at + (json[at] == '\\' ? 2 : 1));
    }
    return std::string_view::npos;
}

void append_decoded(std::string& out, std::string_view inside) {
    if (json::has_escapes(inside))
        out += json::unescape(inside);
    else
        out += inside;
}

std::string_view string_at(std::string_view json) {
    const std::size_t end = end_of_string(json, 1);
    return end == std::string_view::npos ? std::string_view() : json.substr(1, end - 1);
}

void append_output_text(std::string& out, std::string_view json) {
    each_output_text(json, [&](std::string_view inside) { append_decoded(out, inside); });
}

}
