#include <tollgate/core/time.hpp>

#include <algorithm>
#include <chrono>

namespace tollgate {

namespace {

using namespace std::chrono;

// Reads exactly `width` digits at `at`; -1 when there are none.
int digits_at(std::string_view text, std::size_t at, std::size_t width) {
    if (at + width > text.size()) return -1;
    int value = 0;
    for (const char c : text.substr(at, width)) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

std::optional<std::int64_t> date_seconds(std::string_view text) {
    const int y = digits_at(text, 0, 4), m = digits_at(text, 5, 2), d = digits_at(text, 8, 2);
    if (y < 1 || m < 1 || d < 1 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
    if (!date.ok()) return std::nullopt;
    return duration_cast<seconds>(sys_days{date}.time_since_epoch()).count();
}

// "+02:00", "-0330", "Z" -> seconds east of UTC.
std::optional<std::int64_t> zone_seconds(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    const bool colon = text[3] == ':';
    if (text.size() != (colon ? 6u : 5u)) return std::nullopt;
    const int h = digits_at(text, 1, 2), m = digits_at(text, colon ? 4 : 3, 2);
    if (h < 0 || h > 23 || m < 0 || m > 59) return std::nullopt;
    const std::int64_t offset = h * 3600 + m * 60;
    return text[0] == '-' ? -offset : offset;
}

}

std::string_view write_rfc3339(rfc3339_room& room, instant when, bool with_ms) {
    const sys_time<microseconds> at{microseconds{when.us}};
    const auto day_start = floor<days>(at);
    const year_month_day date{day_start};
    const hh_mm_ss<milliseconds> clock{floor<milliseconds>(at - day_start)};
    const std::string_view form(with_ms ? "0000-00-00T00:00:00.000Z" : "0000-00-00T00:00:00Z");
    form.copy(room.data(), room.size());
    const auto put = [&room](std::size_t end, std::uint32_t value, int width) {
        for (; width > 0; --width, value /= 10) room[--end] = static_cast<char>('0' + value % 10);
    };
    const auto count = [](auto span) { return static_cast<std::uint32_t>(span.count()); };
    put(4, static_cast<std::uint32_t>(std::clamp(static_cast<int>(date.year()), 0, 9999)), 4);
    put(7, static_cast<unsigned>(date.month()), 2);
    put(10, static_cast<unsigned>(date.day()), 2);
    put(13, count(clock.hours()), 2);
    put(16, count(clock.minutes()), 2);
    put(19, count(clock.seconds()), 2);
    if (with_ms) put(23, count(clock.subseconds()), 3);
    return {room.data(), form.size()};
}

std::string to_rfc3339(instant when, bool with_ms) {
    rfc3339_room room;
    return std::string(write_rfc3339(room, when, with_ms));
}

std::optional<instant> parse_rfc3339(std::string_view text) {
    if (text.size() < 10) return std::nullopt;
    const auto date = date_seconds(text);
    if (!date) return std::nullopt;
    if (text.size() == 10) return instant::from_seconds(*date);
    if (text.size() < 17 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) return std::nullopt;
    const int h = digits_at(text, 11, 2), m = digits_at(text, 14, 2);
    if (h < 0 || h > 23 || m < 0 || m > 59 || text[13] != ':') return std::nullopt;

    std::size_t at = 16;
    int s = 0;
    if (text[at] == ':') {
        s = digits_at(text, at + 1, 2);
        if (s < 0 || s > 60) return std::nullopt;
        at += 3;
    }
    std::int64_t us = 0;
    if (at < text.size() && text[at] == '.') {
        std::int64_t unit = 100'000;
        const auto first = ++at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) us += (text[at] - '0') * unit;
        if (at == first) return std::nullopt;
    }
    const auto zone = zone_seconds(text.substr(at));
    if (!zone) return std::nullopt;
    return instant{(*date + h * 3600 + m * 60 + s - *zone) * 1'000'000 + us};
}

}
