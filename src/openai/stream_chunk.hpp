#pragma once

// What one event of a stream means, found by looking for a few marks before anything is parsed.

#include "answer_walk.hpp"

#include <tollgate/openai/metering.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::openai {

// A member that is to be cut out of its object, with one of the commas around it; empty: none.
struct member_cut {
    std::size_t begin = 0, end = 0;
    bool empty() const { return begin == end; }
};
member_cut cut_member(std::string_view json, std::string_view member);

// `"usage": null` as a member of the root object, found without parsing.
member_cut find_null_usage(std::string_view json);

// A `"usage"` key whose value is not null, anywhere.
bool tells_usage(std::string_view json);

enum class responses_event : std::uint8_t { other, terminal, error };
// By the event's name, or by the `type` that stands first in its data.
responses_event classify_responses_event(std::string_view name, std::string_view data);

// Appends the text that an event adds to the output.
void append_delta_text(std::string& out, endpoint where, std::string_view data);

}
