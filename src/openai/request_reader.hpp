#pragma once

// One pass over a request body. The table of the fields that decide money is in request_fields.cpp.

#include "json_reader.hpp"
#include "prompt_walk.hpp"

#include <tollgate/openai/request.hpp>

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::openai {

inline constexpr std::size_t known_fields_max = 64;

class request_reader {
public:
    request_reader(endpoint where, std::string_view body, bool exact);

    bool read();
    const request_facts& facts() const { return facts_; }
    request_facts& facts() { return facts_; }
    refusal take_refusal();
    std::int64_t exact_tokens() const { return prompt_.exact_tokens(); }

    // ---- for the fields ----
    endpoint where() const { return facts_.where; }
    json::reader& json() { return json_; }
    prompt_walk& prompt() { return prompt_; }
    byte_range range_of(std::string_view text) const;
    std::string_view body() const { return body_; }

    bool refuse(std::string_view param, std::string message);
    // Each reads the member's value, null included (then `out` stays as it is).
    bool flag(json::member& m, std::string_view name, bool& out);
    bool count(json::member& m, std::string_view name, std::optional<std::int64_t>& out);
    bool label(json::member& m, std::string_view name, std::string& out);
    bool text_value(json::member& m, std::string_view name, std::optional<std::string>& out);

    // Marks a field that decides money as seen; refuses the second one.
    bool once(std::size_t index, std::string_view name);

    std::int64_t choices_asked = 1, best_of = 0, prompts = 1;
    bool echo = false, wants_no_output = false; // of completions: a prompt may be scored without any output
    std::string user, safety_identifier;

private:
    bool top_level(json::member& m);
    bool finish();

    std::string_view body_;
    request_facts facts_;
    json::reader json_;
    prompt_walk prompt_;
    refusal refusal_;
    bool refused_ = false;
    std::bitset<known_fields_max> seen_;
};

// A field that decides money. Its name may stand once in the body; a name that differs by case only is refused too,
// because some providers do not look at case.
struct request_field {
    std::string_view name;
    bool (*read)(request_reader& into, json::member& m, std::string_view name);
};

struct field_match {
    const request_field* field = nullptr;
    std::size_t index = 0;
    bool exact = true; // as written in the table, not by case folding
};
field_match find_request_field(const json::member& m);

// The key as compared: unescaped, case folded as Go's JSON decoder folds it.
std::string folded_key(const json::member& m);

}
