#pragma once

// HTTP header fields as views, in the order they came. Names compare without case.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

struct field {
    std::string_view name, value;
};

bool same_letters(std::string_view a, std::string_view b); // of one length
inline bool same_name(std::string_view a, std::string_view b) { return a.size() == b.size() && same_letters(a, b); }

// First field with that name.
inline std::optional<std::string_view> find_field(std::span<const field> fields, std::string_view name) {
    for (const field& f : fields)
        if (same_name(f.name, name)) return f.value;
    return std::nullopt;
}

}
