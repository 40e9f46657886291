#pragma once

// How a caller bends the mock's answer: request headers "X-Mock-Status: 500", or the model name, "any?status=500&hang"
// or "any+status=500+hang". THE table of steers is in src/mock/steering.cpp.

#include <tollgate/core/fields.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::mock {

enum class usage_kind : std::uint8_t { present, absent, zero, wrong, cumulative, worst };
enum class error_shape : std::uint8_t { openai, mistral, google, aws, string, html };

struct steering {
    std::int64_t status = 200;
    std::int64_t delay_ms = 0;
    std::int64_t gap_ms = 0;
    usage_kind usage = usage_kind::present;
    error_shape shape = error_shape::openai;
    std::optional<std::int64_t> chunks, completion_tokens;
    std::optional<std::int64_t> usage_prompt, usage_completion, usage_cached, usage_reasoning;
    std::optional<std::int64_t> cut_after, reset_after, stream_error_after;
    std::int64_t huge_line = 0;
    bool hang = false, slow_body = false, gzip = false, crlf = false, no_done = false, json_for_stream = false;
    bool echo_headers = false, heartbeat = false, tool_call = false, error_in_200 = false;
    std::string retry_after, model, service_tier, content_type;

    std::string
        unknown; // a steer that does not exist or has a bad value: answered with 400, so that typing errors show
};

struct steer {
    std::string_view name; // lower case with hyphens; "_" is read as "-"
    std::string_view value;
    std::string_view effect;
    bool (*set)(steering& into, std::string_view value); // false: not a value for it
};

std::span<const steer> steers();

// The model name without its steers.
std::string_view plain_model(std::string_view model);
// Headers first, then the model name, which wins.
steering read_steering(std::span<const field> fields, std::string_view model);

}
