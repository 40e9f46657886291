#include "image_tokens.hpp"

#include "base64.hpp"

#include <algorithm>

namespace tollgate::openai {

namespace {

constexpr std::size_t image_head_bytes_max = 64 * 1024; // a JPEG may carry a thumbnail before its size
constexpr std::int64_t largest_image_tokens = 4'128;    // 16 tiles of 258; patches 3,779; tiles 1,445

std::uint32_t byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }
std::uint32_t big16(std::string_view text, std::size_t at) { return byte_at(text, at) << 8 | byte_at(text, at + 1); }
std::uint32_t little16(std::string_view text, std::size_t at) { return byte_at(text, at + 1) << 8 | byte_at(text, at); }
std::uint32_t big32(std::string_view text, std::size_t at) { return big16(text, at) << 16 | big16(text, at + 2); }

std::optional<image_size> png_size(std::string_view file) {
    if (file.size() < 24 || file.substr(12, 4) != "IHDR") return std::nullopt;
    return image_size{big32(file, 16), big32(file, 20)};
}

std::optional<image_size> gif_size(std::string_view file) {
    if (file.size() < 10) return std::nullopt;
    return image_size{little16(file, 6), little16(file, 8)};
}

// Walks the segments up to the frame header.
std::optional<image_size> jpeg_size(std::string_view file) {
    std::size_t at = 2;
    while (at + 9 < file.size()) {
        if (byte_at(file, at) != 0xFF) return std::nullopt;
        const std::uint32_t marker = byte_at(file, at + 1);
        if (marker == 0xFF) { // padding
            ++at;
            continue;
        }
        const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame) return image_size{big16(file, at + 7), big16(file, at + 5)};
        at += 2 + big16(file, at + 2);
    }
    return std::nullopt;
}

std::optional<image_size> webp_size(std::string_view file) {
    if (file.size() < 30 || file.substr(8, 4) != "WEBP") return std::nullopt;
    const std::string_view chunk = file.substr(12, 4);
    if (chunk == "VP8 ") return image_size{little16(file, 26) & 0x3FFF, little16(file, 28) & 0x3FFF};
    if (chunk == "VP8L") {
        const std::uint32_t bits = little16(file, 21) | little16(file, 23) << 16;
        return image_size{(bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1};
    }
    if (chunk == "VP8X") {
        const auto little24 = [&](std::size_t at) { return little16(file, at) | byte_at(file, at + 2) << 16; };
        return image_size{little24(24) + 1, little24(27) + 1};
    }
    return std::nullopt;
}

constexpr std::int64_t up(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit; }

// 85 + 170 a tile of 512, after fitting into 2048 x 2048 and shrinking the short side to 768.
std::int64_t tile_tokens(std::int64_t w, std::int64_t h) {
    const std::int64_t longest = std::max(w, h);
    if (longest > 2048) {
        w = up(w * 2048, longest);
        h = up(h * 2048, longest);
    }
    const std::int64_t shortest = std::max<std::int64_t>(std::min(w, h), 1);
    if (shortest > 768) {
        w = up(w * 768, shortest);
        h = up(h * 768, shortest);
    }
    return 85 + 170 * up(w, 512) * up(h, 512);
}

// Patches of 32, at most 1,536, times 2.46 (the dearest multiplier).
std::int64_t patch_tokens(std::int64_t w, std::int64_t h) {
    return up(std::min<std::int64_t>(up(w, 32) * up(h, 32), 1'536) * 246, 100);
}

}

std::optional<image_size> read_image_size(std::string_view file) {
    if (file.starts_with("\x89PNG")) return png_size(file);
    if (file.starts_with("GIF8")) return gif_size(file);
    if (file.starts_with("\xFF\xD8")) return jpeg_size(file);
    if (file.starts_with("RIFF")) return webp_size(file);
    return std::nullopt;
}

std::int64_t image_tokens(std::optional<image_size> size) {
    constexpr std::uint32_t side_max = 65'535;
    if (!size || size->width == 0 || size->height == 0 || size->width > side_max || size->height > side_max)
        return largest_image_tokens;
    const std::int64_t w = size->width, h = size->height;
    const std::int64_t area = std::min<std::int64_t>(up(w * h, 750), 3'279); // at most 1,568 a side
    const std::int64_t squares = 258 * std::min<std::int64_t>(up(w, 768) * up(h, 768), 16);
    return std::max({tile_tokens(w, h), patch_tokens(w, h), area, squares});
}

std::int64_t image_url_tokens(std::string_view url) {
    if (!url.starts_with("data:")) return largest_image_tokens;
    constexpr std::string_view mark = ";base64,";
    const std::size_t at = url.substr(0, 256).find(mark);
    if (at == std::string_view::npos) return largest_image_tokens;
    // Most formats tell in the first bytes; only JPEG is worth a long look.
    const std::string_view data = url.substr(at + mark.size());
    const std::string head = decode_base64_head(data, 64);
    if (const auto size = read_image_size(head)) return image_tokens(size);
    if (!head.starts_with("\xFF\xD8")) return largest_image_tokens;
    return image_tokens(read_image_size(decode_base64_head(data, image_head_bytes_max)));
}

}
