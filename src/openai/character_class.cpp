#include "character_class.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace tollgate::openai {

namespace {

using enum character;

struct class_range {
    std::uint32_t first;
    character what;
};

constexpr class_range ranges[] = {
#include "character_classes.inc"
};

constexpr std::size_t plane_size = 0x10000;

character search(std::uint32_t code) {
    const auto next = std::ranges::upper_bound(ranges, code, {}, &class_range::first);
    return next == std::begin(ranges) ? other : std::prev(next)->what;
}

// The first plane looked up at once. Immutable once built; the standard makes its first use safe between threads.
const std::array<character, plane_size>& first_plane() {
    static const auto plane = [] {
        auto out = std::make_unique<std::array<character, plane_size>>();
        for (std::size_t i = 0; i < std::size(ranges) && ranges[i].first < plane_size; ++i) {
            const std::size_t end =
                i + 1 < std::size(ranges) ? std::min<std::size_t>(ranges[i + 1].first, plane_size) : plane_size;
            std::fill(out->begin() + ranges[i].first, out->begin() + static_cast<std::ptrdiff_t>(end), ranges[i].what);
        }
        return out;
    }();
    return *plane;
}

}

decoded character_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) -> std::uint32_t {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const std::uint32_t lead = byte(0);
    const auto& plane = first_plane();
    if (lead < 0x80) return {plane[lead], 1};
    if ((lead & 0xE0) == 0xC0 && follows(1)) return {plane[(lead & 0x1F) << 6 | (byte(1) & 0x3F)], 2};
    if ((lead & 0xF0) == 0xE0 && follows(1) && follows(2))
        return {plane[(lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F)], 3};
    if ((lead & 0xF8) == 0xF0 && follows(1) && follows(2) && follows(3))
        return {search((lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F)), 4};
    return {other, 1};
}

}
