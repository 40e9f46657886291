#pragma once

// Refusals in OpenAI's shape. THE table of codes, statuses and types is in error_body.cpp.

#include <tollgate/core/refusal.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::openai {

struct error_answer {
    int status = 500;
    errc code = errc::internal_error;
    std::uint32_t retry_after_ms = 0; // 0: not said
    std::string body;                 // {"error":{...}}
    std::vector<std::pair<std::string_view, std::string>>
        fields; // x-should-retry, retry-after, retry-after-ms, www-authenticate, allow, ...
};

std::string_view code_text(errc code); // "tenant_budget_exceeded"
// Members of `why.extra` named "a.b" become an object `a` in error.gateway; "allow" of a 405 becomes the header as
// well.
error_answer to_answer(const refusal& why, std::string_view request_id);

// A provider's error body of any shape -> OpenAI's, with string-or-null code. `status` may be mapped as well:
// 401/402/403 become 502 provider_configuration_error, 429 keeps its meaning, 5xx become 502, 408/504 become 504.
// `wait_ms`: what told_to_wait_ms() read of its head.
error_answer normalise_provider_error(int status, std::string_view body, std::optional<std::uint32_t> wait_ms,
                                      std::string_view request_id);

// For a stream that has begun: "data: {"error":...}\n\n", or "event: error" for responses.
std::string stream_error(bool responses_api, const refusal& why, std::string_view request_id);

}
