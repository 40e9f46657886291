#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tollgate::store {

// Takes a number and the character after it from the front of `text`.
inline std::optional<std::int64_t> take_number(std::string_view& text, char after) {
    std::int64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc() || end == text.data() + text.size() || *end != after) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return number;
}

}
