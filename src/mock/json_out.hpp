#pragma once

// Writing JSON by hand: the benchmarks' hot path.

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace tollgate::mock {

inline void put(std::string& out, std::string_view raw) { out += raw; }

template <std::integral Number>
void put(std::string& out, Number number) {
    char text[24];
    out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

// Raw pieces and numbers, in order.
template <class... Pieces>
void put_all(std::string& out, const Pieces&... pieces) {
    (put(out, pieces), ...);
}

// With its quotes.
void put_string(std::string& out, std::string_view text);
inline std::string as_json(std::string_view text) {
    std::string out;
    put_string(out, text);
    return out;
}

}
