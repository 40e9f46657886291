#pragma once

// The text that a model produced, found in JSON without parsing it: every string but those under keys that carry form
// (ids, roles, reasons). Used to count output where no usage comes.

#include "json_text.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace tollgate::openai {

// Calls visit(text) for each text found in `json`: what stands between its quotes.
template <class Visit>
void each_output_text(std::string_view json, Visit visit);
// Appends the decoded text found in `json`, or one that was found.
void append_output_text(std::string& out, std::string_view json);
void append_decoded(std::string& out, std::string_view inside);

// The string at the start of `json` (at its opening quote), without its quotes; empty when it does not end.
std::string_view string_at(std::string_view json);
// The closing quote of a string whose inside begins at `from`, or npos.
std::size_t end_of_string(std::string_view json, std::size_t from);

// A key that carries form; no text stands under it.
bool is_form_key(std::string_view key);

// What a model thought is often sent twice in one delta, under two names: it was produced, and is billed, once.
class thought_seen {
public:
    bool again(std::string_view key, std::string_view text);

private:
    std::string_view key_, text_;
};

template <class Visit>
void each_output_text(std::string_view json, Visit visit) {
    bool counts = true; // by the last key seen
    std::string_view key;
    thought_seen thoughts;
    for (std::size_t at = json.find('"'); at != std::string_view::npos; at = json.find('"', at)) {
        const std::size_t end = end_of_string(json, at + 1);
        if (end == std::string_view::npos) return;
        const std::string_view inside = json.substr(at + 1, end - at - 1);
        at = end + 1;
        while (at < json.size() && json::is_space(json[at])) ++at;
        if (at < json.size() && json[at] == ':') {
            key = inside;
            counts = !is_form_key(key);
        } else if (counts && !thoughts.again(key, inside)) {
            visit(inside);
        }
    }
}

}
