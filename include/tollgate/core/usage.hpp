#pragma once

// Tokens of one answer, normalised: details are subsets of their totals.

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate {

enum class cost_source : std::uint8_t {
    provider_usage, // the provider said so
    counted,        // we counted what was delivered
    estimated,      // nothing known: the hold was charged
};

struct usage {
    std::int64_t prompt_tokens = 0; // includes cached, cache writes, audio and image
    std::int64_t cached_tokens = 0;
    std::int64_t cache_write_tokens = 0; // 5-minute writes (and all writes when the provider does not split them)
    std::int64_t cache_write_1h_tokens = 0;
    std::int64_t completion_tokens = 0; // includes reasoning and audio
    std::int64_t reasoning_tokens = 0;
    std::int64_t audio_in_tokens = 0;
    std::int64_t audio_out_tokens = 0;
    std::int64_t image_in_tokens = 0;
    std::int64_t web_search_calls = 0;

    std::int64_t total() const { return prompt_tokens + completion_tokens; }
    friend bool operator==(const usage&, const usage&) = default;
};

std::string_view name_of(cost_source source);

}
