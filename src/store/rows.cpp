#include <tollgate/store/rows.hpp>

namespace tollgate::store {

std::string column_names(std::span<const column> columns, std::string_view prefix) {
    std::string out;
    for (const column& each : columns) {
        if (!out.empty()) out += ", ";
        out += prefix;
        out += each.name;
    }
    return out;
}

std::optional<std::string_view> group_column(std::string_view name) {
    if (name == "key") return "key_id";
    constexpr std::array<std::string_view, 8> same{"tenant",  "model_served", "model_requested", "workspace",
                                                   "feature", "agent",        "end_user",        "provider"};
    for (const std::string_view each : same)
        if (each == name) return each;
    return std::nullopt;
}

}
