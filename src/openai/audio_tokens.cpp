#include "audio_tokens.hpp"

#include "base64.hpp"

#include <algorithm>

namespace tollgate::openai {

namespace {

constexpr std::int64_t tokens_per_second = 32;             // OpenAI about 10, Gemini 32
constexpr std::int64_t lowest_bytes_per_second = 750;      // 6 kbit/s
constexpr std::int64_t wav_bytes_per_second_max = 384'000; // 96 kHz, stereo, 16 bit: a header cannot claim more

std::int64_t little(std::string_view text, std::size_t at, std::size_t count) {
    std::int64_t value = 0;
    for (std::size_t i = count; i > 0; --i) value = value << 8 | static_cast<unsigned char>(text[at + i - 1]);
    return value;
}

std::int64_t bytes_per_second(std::string_view head) {
    if (head.size() < 36 || !head.starts_with("RIFF") || head.substr(8, 8) != "WAVEfmt ")
        return lowest_bytes_per_second;
    const std::int64_t claimed = little(head, 28, 4);
    const std::int64_t computed = little(head, 24, 4) * little(head, 32, 2); // sample rate, bytes of a frame
    return std::clamp(std::min(claimed, computed), lowest_bytes_per_second, wav_bytes_per_second_max);
}

}

std::int64_t audio_tokens(std::string_view base64) {
    const auto bytes = static_cast<std::int64_t>(base64.size()) * 3 / 4;
    const std::int64_t rate = bytes_per_second(decode_base64_head(base64, 64));
    return (bytes + rate - 1) / rate * tokens_per_second;
}

}
