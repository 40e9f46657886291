#pragma once

// What metering needs of one JSON answer: a whole body, a chunk of a stream, or the response inside a terminal event.

#include "json_reader.hpp"

#include <tollgate/openai/metering.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::openai {

class answer_walk {
public:
    // `text` is followed by 64 readable bytes. Counts and names go to `report`.
    answer_walk(std::string_view text, const provider_quirks& quirks, usage_report& report);

    bool json = false;        // a JSON object, as far as it was looked at
    bool error = false;       // an `error` that is not null, at the top
    std::string type, object; // `type` of an event, `object` of an answer
    std::int64_t choices = 0;
    bool finished = false;    // a choice has its finish_reason
    std::string_view outputs; // the text of `choices` or `output`

    // The usage object, whatever its value; empty when there is none at the top (or in `response`).
    struct {
        std::string_view member; // "usage":{...}
        std::uint32_t close = 0; // offset of its closing brace
        bool is_null = false, empty = false;
    } found;

private:
    bool member(json::member& m, bool nested);
    bool usage(json::member& m);
    bool choice(json::ondemand::value from);
    bool output_item(json::ondemand::value from);
    bool text_of(json::member& m, std::string& out);
    bool list(json::member& m, bool (answer_walk::*element)(json::ondemand::value));

    json::reader reader_;
    std::string_view text_;
    const provider_quirks& quirks_;
    usage_report& report_;
    std::int64_t tool_calls_ = 0;
};

}
