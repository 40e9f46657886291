#pragma once

// What one event of a stream means, found by looking for a few marks before anything is parsed.

#include "answer_walk.hpp"
#include "chunk_shape.hpp"

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

// What an event says of usage, found without parsing.
struct usage_mark {
    bool tells = false; // a "usage" key, anywhere, whose value is not null
    member_cut null;    // `"usage": null` as a member of the root object
};
usage_mark find_usage(std::string_view json);

enum class responses_event : std::uint8_t { other, terminal, error };
// By the event's name, or by the `type` that stands first in its data.
bool ends_response(std::string_view event_name); // one of the events that carry the whole response, at its end
responses_event classify_responses_event(std::string_view name, std::string_view data);

// The texts of a chat or completion chunk as they stand; false: there are too many to list.
bool delta_texts(std::string_view data, chunk_shape::texts& into);
// Appends the text that an event adds to the output.
void append_delta_text(std::string& out, endpoint where, std::string_view data);

}
