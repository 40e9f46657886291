#pragma once

// Base 64 for headers and URLs, without padding; only for a multiple of three bytes, so that each value has one text.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::keys {

std::string to_base64url(std::span<const std::uint8_t> bytes);
// Nothing when a character or the length is wrong.
std::optional<std::string> from_base64url(std::string_view text);

}
