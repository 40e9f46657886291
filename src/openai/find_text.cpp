#include "find_text.hpp"

#include <algorithm>

#if defined(__SSE2__)
#include <emmintrin.h>

#include <bit>
#endif

namespace tollgate::openai {

namespace {

std::size_t find_special_slowly(std::string_view text, std::size_t from) {
    std::size_t at = std::min(from, text.size());
    while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20 && text[at] != '"' && text[at] != '\\')
        ++at;
    return at;
}

}

#if defined(__SSE2__)

namespace {

constexpr std::size_t lanes = 16;

__m128i load(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

// A bit a byte.
unsigned specials(__m128i bytes) {
    const __m128i last_control = _mm_set1_epi8(0x1f);
    const __m128i controls = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
    const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(controls, _mm_or_si128(quotes, slashes))));
}

}

std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from) {
    const std::size_t second = 1, late = needle.size() - 2; // the quotes at either end tell nothing
    const __m128i a = _mm_set1_epi8(needle[second]), b = _mm_set1_epi8(needle[late]);
    std::size_t at = from;
    for (; at + needle.size() + lanes <= text.size(); at += lanes) {
        const __m128i hits = _mm_and_si128(_mm_cmpeq_epi8(load(text.data() + at + second), a),
                                           _mm_cmpeq_epi8(load(text.data() + at + late), b));
        for (auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits)); mask != 0; mask &= mask - 1) {
            const std::size_t found = at + static_cast<std::size_t>(std::countr_zero(mask));
            if (text.substr(found, needle.size()) == needle) return found;
        }
    }
    return text.find(needle, at);
}

std::size_t find_special(std::string_view text, std::size_t from) {
    std::size_t at = from;
    for (; at + lanes <= text.size(); at += lanes)
        if (const unsigned mask = specials(load(text.data() + at)); mask != 0)
            return at + static_cast<std::size_t>(std::countr_zero(mask));
    return find_special_slowly(text, at);
}

#else

std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from) {
    return text.find(needle, from);
}

std::size_t find_special(std::string_view text, std::size_t from) { return find_special_slowly(text, from); }

#endif

}
