#pragma once

#include <string>
#include <string_view>

namespace tollgate::openai {

// The first bytes of base64 text as it stands in JSON ("\/" is a slash): at most `bytes_max`, up to the first character
// that is not base64.
std::string decode_base64_head(std::string_view text, std::size_t bytes_max);

}
