#pragma once

// What a model costs, and the two directions of pricing: holds round up, settlements round half up, once a line.

#include <tollgate/core/money.hpp>
#include <tollgate/core/time.hpp>
#include <tollgate/core/usage.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

// Nano-USD per million tokens. Absent means "as the field named in the comment".
struct token_rates {
    std::int64_t input = 0;
    std::int64_t output = 0;
    std::optional<std::int64_t> cached_input;   // input
    std::optional<std::int64_t> cache_write;    // input
    std::optional<std::int64_t> cache_write_1h; // cache_write
    std::optional<std::int64_t> reasoning;      // output
    std::optional<std::int64_t> audio_input;    // input
    std::optional<std::int64_t> audio_output;   // output
    std::optional<std::int64_t> image_input;    // input
    friend bool operator==(const token_rates&, const token_rates&) = default;
};

struct price {
    token_rates rates;
    struct long_context {
        std::int64_t above_tokens = 0;
        token_rates rates;
        friend bool operator==(const long_context&, const long_context&) = default;
    };
    std::optional<long_context> long_tier; // past the threshold the whole request moves to these rates
    usd_nano per_request;                  // added once to every request
    usd_nano per_tool_call;                // hosted tools, each call
    // Multipliers in thousandths (1000 = unchanged), by the service tier that the request asks for or the answer names.
    std::int32_t flex_permille = 1000;
    std::int32_t priority_permille = 1000;
    std::int32_t batch_permille = 1000;
    std::int32_t region_permille = 1000; // regional uplift, always applied
    instant effective_from;
    std::optional<instant> effective_to;
    friend bool operator==(const price&, const price&) = default;
};

enum class service_tier : std::uint8_t { standard, automatic, flex, priority, batch };
std::optional<service_tier>
parse_service_tier(std::string_view name); // "fast" is priority, "scale" and "default" standard

// Upper bound of what a request may use.
struct usage_bound {
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0; // over all choices
    std::int64_t tool_calls = 0;
    std::int64_t audio_input_tokens = 0; // of input_tokens, those that may be priced as audio
    std::int64_t image_input_tokens = 0;
};

// Worst case in money; rounds up. Nothing when it passes limits::amount_nano_max. `automatic` is priced at the
// dearest of the tiers.
std::optional<usd_nano> worst_case(const usage_bound& bound, const price& price, service_tier tier);
// Actual cost; each line is rounded half up. Nothing when it overflows.
std::optional<usd_nano> cost_of(const usage& used, const price& price, service_tier tier);
// The most output tokens that `budget` still pays for after `bound.input_tokens`; 0 when it does not even pay those.
std::int64_t affordable_output(usd_nano budget, const usage_bound& bound, const price& price, service_tier tier);

}
