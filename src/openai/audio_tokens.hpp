#pragma once

#include <cstdint>
#include <string_view>

namespace tollgate::openai {

// Upper bound of the tokens of audio input, from its base64 text: by the rates in a WAV header, else by the lowest
// plausible bit rate.
std::int64_t audio_tokens(std::string_view base64);

}
