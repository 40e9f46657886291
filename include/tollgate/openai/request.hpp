#pragma once

// What metering and policy need of a request body, read in one pass; and edits that leave every other byte alone.

#include <tollgate/core/price.hpp>
#include <tollgate/core/refusal.hpp>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::openai {

enum class endpoint : std::uint8_t { chat_completions, completions, embeddings, responses };

// "/v1/chat/completions"
std::string_view route_of(endpoint where);

// A byte range of the body.
struct byte_range {
    std::uint32_t begin = 0, end = 0;
    bool empty() const { return begin == end; }
};

struct request_facts {
    endpoint where = endpoint::chat_completions;
    std::string model;
    bool stream = false;
    bool wants_usage = false; // the client's own stream_options.include_usage
    std::optional<std::int64_t>
        max_output; // the largest of the cap fields given (max_completion_tokens, max_tokens, max_output_tokens)
    std::int64_t choices = 1;         // n, or prompts x max(n, best_of) for completions
    std::optional<service_tier> tier; // absent: the provider's default, `automatic`
    std::optional<std::int64_t> max_tool_calls;

    // What bounds the input. Bytes are of decoded text, or of the raw JSON where that is larger and cheaper to know.
    std::int64_t text_bytes = 0; // all text the model will see, tool definitions and schemas included
    std::int64_t messages = 0;
    std::int64_t tools = 0;                                     // function tools
    std::int64_t hosted_tools = 0;                              // web_search, file_search, code_interpreter, mcp, ...
    std::int64_t images = 0, image_bytes = 0, image_tokens = 0; // image_tokens: by image rules, see metering
    std::int64_t audio_bytes = 0, audio_tokens = 0;             // audio_tokens: an upper bound by duration
    std::int64_t files = 0, file_bytes = 0;
    std::int64_t token_ids = 0;        // prompts given as token arrays
    bool hidden_input = false;         // previous_response_id, conversation, prompt template, file ids
    std::int64_t prediction_bytes = 0; // rejected predicted tokens are billed as output beyond the cap
    bool background = false;           // responses: runs on without the client
    bool wants_json_schema = false;
    bool audio_output = false; // modalities: ["audio"]

    // Attribution in the body: metadata.{workspace,feature,agent,session}, safety_identifier or user.
    std::string workspace, feature, agent, session, end_user;

    // Where edits go; ranges of values unless said otherwise.
    byte_range model_at, max_completion_tokens_at, max_tokens_at, max_output_tokens_at, stream_options_at,
        include_usage_at, max_tool_calls_at;
    std::vector<byte_range> cap_members;   // whole members `"max_tokens": 5` of every cap field
    std::uint32_t object_open = 0;         // offset just after the top-level '{' (never empty: it has a model)
    std::uint32_t stream_options_open = 0; // offset just after its '{'
    bool stream_options_empty = false;
};

// Reads and checks `body`, which must be followed by 64 readable bytes. Refusals are invalid_request with `param` and a
// message that says what to do: not JSON, not an object, too deep, trailing bytes, a money-deciding key twice (compared
// after unescaping), cap fields that are negative, fractional, strings or huge, `model` missing, `n` out of range.
std::expected<request_facts, refusal> read_request(endpoint where, std::string_view body);

// The text of the request for exact counting: calls `sink` with each decoded piece the model will see.
// Same walk as read_request; used only when the cheap bound does not fit.
std::int64_t count_input_tokens(endpoint where, std::string_view body); // o200k; size-capped (then the byte bound)

// Edits, applied together. `pieces` are views into `body` and into this object: keep both until sent.
class body_edits {
public:
    explicit body_edits(std::string_view body) : body_(body) {}
    std::string_view body() const { return body_; }
    void replace(byte_range at, std::string text);
    void insert(std::uint32_t at, std::string text) { replace({at, at}, std::move(text)); }
    bool changed() const { return !edits_.empty(); }
    std::vector<std::string_view> pieces();
    std::size_t size() const; // of the edited body

private:
    struct edit {
        byte_range at;
        std::string text;
    };
    std::string_view body_;
    std::vector<edit> edits_; // sorted by pieces()
};

// The named edits, each on top of `edits`.
void set_model(body_edits& edits, const request_facts& facts, std::string_view upstream_name);
// Writes exactly one cap field, with the name the provider knows, and removes the others.
void set_output_cap(body_edits& edits, const request_facts& facts, std::int64_t cap, bool max_tokens_only);
void ask_for_usage(body_edits& edits, const request_facts& facts);
void set_tool_calls_cap(body_edits& edits, const request_facts& facts, std::int64_t cap);

}
