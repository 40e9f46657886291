#include <tollgate/core/window.hpp>

#include <tollgate/core/assert.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace tollgate {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 6> names{"minute", "hour", "day", "week", "month", "total"};
constexpr std::int64_t day_s = 86'400;

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
    const std::int64_t rest = value % step;
    return value - rest - (rest < 0 ? step : 0);
}

// The first local second of the window that holds local second `local_s`, and of the one after it.
struct local_window {
    std::int64_t start_s, end_s;
};

local_window local_window_of(window span, std::int64_t local_s) {
    const std::int64_t today = floor_to(local_s, day_s);
    if (span == window::day) return {today, today + day_s};
    const sys_days date{days{today / day_s}};
    if (span == window::week) {
        const auto since_monday = (weekday{date} - Monday).count();
        return {today - since_monday * day_s, today + (7 - since_monday) * day_s};
    }
    TG_ASSERT(span == window::month);
    const year_month_day civil{date};
    const sys_days first{civil.year() / civil.month() / 1};
    const sys_days next{(civil.year() / civil.month() + months{1}) / 1};
    return {first.time_since_epoch().count() * day_s, next.time_since_epoch().count() * day_s};
}

// Minutes and hours are counted in UTC seconds: an hour is 3600 s even where clocks change.
std::int64_t fixed_length(window span) { return span == window::minute ? 60 : span == window::hour ? 3600 : 0; }

}

std::string_view name_of(window span) { return names[static_cast<std::size_t>(span)]; }

std::optional<window> parse_window(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<window>(i);
    return std::nullopt;
}

std::int64_t window_start(window span, instant now, const time_zone& zone) {
    if (span == window::total) return 0;
    if (const auto length = fixed_length(span)) return floor_to(now.seconds(), length);
    const auto local = now.seconds() + zone.offset_at(now.seconds());
    return zone.from_local(local_window_of(span, local).start_s);
}

std::optional<std::int64_t> window_end(window span, instant now, const time_zone& zone) {
    if (span == window::total) return std::nullopt;
    if (const auto length = fixed_length(span)) return floor_to(now.seconds(), length) + length;
    const auto local = now.seconds() + zone.offset_at(now.seconds());
    return zone.from_local(local_window_of(span, local).end_s);
}

std::shared_ptr<const time_zone> time_zone::utc() {
    static const auto zone = std::make_shared<const time_zone>("UTC", 0, std::vector<transition>{});
    return zone;
}

std::int32_t time_zone::offset_at(std::int64_t unix_s) const {
    const auto after = std::ranges::upper_bound(transitions_, unix_s, {}, &transition::at_s);
    return after == transitions_.begin() ? first_offset_s_ : std::prev(after)->offset_s;
}

std::int64_t time_zone::from_local(std::int64_t local_s) const {
    // A candidate is right when its own offset leads back to the same wall clock; the earlier one wins when two do.
    const std::int64_t early = local_s - std::max(offset_at(local_s - day_s), offset_at(local_s + day_s));
    if (early + offset_at(early) == local_s) return early;
    const std::int64_t late = local_s - std::min(offset_at(local_s - day_s), offset_at(local_s + day_s));
    if (late + offset_at(late) == local_s) return late;
    // Skipped by a change of offset: the change itself.
    const auto change = std::ranges::upper_bound(transitions_, early, {}, &transition::at_s);
    return change == transitions_.end() ? late : change->at_s;
}

}
