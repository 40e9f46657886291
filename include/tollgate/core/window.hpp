#pragma once

// Calendar windows in a tenant's zone. A window is found by its start; nothing is ever reset.

#include <tollgate/core/time.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

enum class window : std::uint8_t { minute, hour, day, week, month, total };

std::string_view name_of(window span);
std::optional<window> parse_window(std::string_view name);

// UTC offsets of a place over time. Built from a TZif file (RFC 8536) by the config layer, or fixed.
class time_zone {
public:
    struct transition {
        std::int64_t at_s;
        std::int32_t offset_s;
    };

    static std::shared_ptr<const time_zone> utc();
    // Reads TZif bytes (version 2 or later); nothing when they are malformed.
    static std::shared_ptr<const time_zone> parse(std::string name, std::string_view tzif);

    const std::string& name() const { return name_; }
    std::int32_t offset_at(std::int64_t unix_s) const;
    // The instant of a local wall-clock time; a time skipped by a change of offset maps to the change itself.
    std::int64_t from_local(std::int64_t local_s) const;

    time_zone(std::string name, std::int32_t first_offset_s, std::vector<transition> transitions)
        : name_(std::move(name)), first_offset_s_(first_offset_s), transitions_(std::move(transitions)) {}

private:
    std::string name_;
    std::int32_t first_offset_s_ = 0;
    std::vector<transition> transitions_; // ascending
};

// Start of the window that holds `now`, in Unix seconds; 0 for `total`. Weeks start on Monday.
std::int64_t window_start(window span, instant now, const time_zone& zone);
// Start of the next window; nothing for `total`.
std::optional<std::int64_t> window_end(window span, instant now, const time_zone& zone);

}
