#include "find_text.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>

#include <bit>
#endif

namespace tollgate::openai {

#if defined(__SSE2__)

namespace {

__m128i load(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

}

std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from) {
    constexpr std::size_t lanes = 16;
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

#else

std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from) {
    return text.find(needle, from);
}

#endif

}
