#pragma once

// What the mock reads of a request. Copies: the JSON reader is shared by the requests of a thread.

#include <tollgate/core/error.hpp>

#include <cstdint>
#include <optional>
#include <simdjson.h>
#include <string>
#include <string_view>

namespace tollgate::mock {

enum class api : std::uint8_t { chat, completions, responses, embeddings };

struct call {
    api kind = api::chat;
    std::string model;
    std::string service_tier;
    bool stream = false;
    bool include_usage = false;
    std::optional<std::int64_t> cap; // of the output tokens, as asked
    std::int64_t choices = 1;
    std::string tool; // the first tool's name, when there is one
    bool wants_tool = false;
    std::int64_t text_bytes = 0; // of everything the model would read
    std::uint64_t seed = 0;      // of the same text
    std::int64_t inputs = 1;     // embeddings
    std::int64_t dimensions = 8;
    bool base64 = false;
};

// `body` needs simdjson's padding behind it. invalid_request: not an object.
result<call> read_call(simdjson::dom::parser& reader, api kind, std::string_view body);

}
