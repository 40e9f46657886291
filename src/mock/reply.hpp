#pragma once

// The answer as text: deterministic, from the call and the steers alone. Pure.

#include "call.hpp"

#include <tollgate/mock/steering.hpp>

#include <string>
#include <vector>

namespace tollgate::mock {

// prompt: bytes of text / 4, rounded up. completion: words asked for (16 unless steered), cut by the cap, for each
// choice.
struct counts {
    std::int64_t prompt = 0;
    std::int64_t words = 0; // in one choice
    std::int64_t completion = 0;
    bool capped = false;
};
counts count(const call& what, const steering& how);

// `"usage":{...}`, or nothing when the steer is absent; `words_so_far` of one choice for cumulative streams.
std::string usage_member(const call& what, const steering& how, std::int64_t words_so_far);

// Words `from` to `to` of the answer; one token each.
std::string words(const call& what, std::int64_t from, std::int64_t to);

std::string json_answer(const call& what, const steering& how);

// Without its usage and closing brace.
std::string json_response(const call& what, const steering& how);

// Every event of a stream with its blank line, [DONE] included.
std::vector<std::string> stream_events(const call& what, const steering& how);
std::vector<std::string> response_events(const call& what, const steering& how);

std::string error_answer(const steering& how, std::string_view message);
std::string error_content_type(const steering& how);
std::string error_event(const call& what);

std::string_view tier_of(const call& what, const steering& how);
std::string_view model_of(const call& what, const steering& how);
std::string answer_id(const call& what, std::string_view prefix);

inline constexpr std::int64_t created_at = 1'735'689'600; // the same for ever: answers are compared byte by byte

}
