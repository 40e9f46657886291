#include <tollgate/openai/retry_after.hpp>

#include "json_text.hpp"

#include <algorithm>
#include <array>

namespace tollgate::openai {

namespace {

constexpr std::uint32_t wait_ms_max = 60'000; // some clients sleep for whatever they are told

// A number, whole or with a fraction, of units of `unit_ms`.
std::optional<std::uint32_t> read_number(std::string_view text, std::uint32_t unit_ms) {
    text = json::trimmed(text);
    std::uint32_t ms = 0, unit = unit_ms;
    bool fraction = false, any = false;
    for (const char c : text) {
        if (c == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint32_t>(c - '0');
        any = true;
        if (!fraction)
            ms = std::min(ms * 10 + digit * unit_ms, 2 * wait_ms_max);
        else
            ms += digit * (unit /= 10);
    }
    if (!any) return std::nullopt;
    return std::min(ms, wait_ms_max);
}

// "Wed, 21 Oct 2026 07:28:00 GMT", the one form that HTTP lets a server send.
std::optional<instant> read_date(std::string_view text) {
    constexpr std::string_view shape = "Wed, 21 Oct 2026 07:28:00 GMT";
    static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    text = json::trimmed(text);
    if (text.size() != shape.size() || !text.ends_with(" GMT")) return std::nullopt;
    const auto month = std::ranges::find(months, text.substr(8, 3)) - months.begin() + 1;
    std::string written(text.substr(12, 4));
    written += month < 10 ? "-0" : "-";
    written +=
        std::to_string(month) + "-" + std::string(text.substr(5, 2)) + "T" + std::string(text.substr(17, 8)) + "Z";
    return parse_rfc3339(written);
}

}

std::optional<std::uint32_t> told_to_wait_ms(std::span<const field> fields, instant now) {
    if (const auto ms = read_number(find_field(fields, "retry-after-ms").value_or(""), 1)) return ms;
    const std::string_view said = find_field(fields, "retry-after").value_or("");
    if (const auto ms = read_number(said, 1'000)) return ms;
    const auto until = read_date(said);
    if (!until) return std::nullopt;
    const instant then = read_date(find_field(fields, "date").value_or("")).value_or(now);
    const std::int64_t left_ms = until->ms() - then.ms();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left_ms, 0, wait_ms_max));
}

}
