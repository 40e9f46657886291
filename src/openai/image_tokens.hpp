#pragma once

// What an image costs as input, by the dearest of the rules that providers publish.

#include <cstdint>
#include <optional>
#include <string_view>

namespace tollgate::openai {

struct image_size {
    std::uint32_t width = 0, height = 0;
};

// Reads the head of a PNG, JPEG, GIF or WebP file; nothing when it is none of them or its size stands too far in.
std::optional<image_size> read_image_size(std::string_view file_head);

// Upper bound in tokens, over tile, patch and area rules; without a size, that of the largest image.
std::int64_t image_tokens(std::optional<image_size> size);
// With `detail: original` an image keeps its size, and its bound.
inline constexpr std::int64_t original_image_tokens = 24'600; // 10,000 patches, times 2.46 on the smallest models

// `url` is the JSON text of an image URL: a data URL is looked into, any other counts as the largest image.
std::int64_t image_url_tokens(std::string_view url);

}
