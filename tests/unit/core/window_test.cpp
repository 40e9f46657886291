#include <tollgate/core/window.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace tollgate {

namespace {

std::int64_t seconds(const char* text) { return parse_rfc3339(text)->seconds(); }

std::shared_ptr<const time_zone> zone(const std::string& name) {
    std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return time_zone::parse(name, bytes);
}

}

TEST(window, starts_and_ends_in_utc) {
    struct row {
        window span;
        const char *now, *start, *end;
    };
    const row rows[] = {
        {window::minute, "2026-06-14T10:20:59Z", "2026-06-14T10:20:00Z", "2026-06-14T10:21:00Z"},
        {window::hour, "2026-06-14T10:00:00Z", "2026-06-14T10:00:00Z", "2026-06-14T11:00:00Z"},
        {window::day, "2026-06-14T23:59:59Z", "2026-06-14", "2026-06-15"},
        {window::week, "2026-06-14T12:00:00Z", "2026-06-08", "2026-06-15"}, // a Sunday
        {window::week, "2026-06-15T00:00:00Z", "2026-06-15", "2026-06-22"}, // a Monday
        {window::month, "2024-02-29T12:00:00Z", "2024-02-01", "2024-03-01"},
        {window::month, "2026-12-31T23:59:59Z", "2026-12-01", "2027-01-01"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.now);
        const instant now = *parse_rfc3339(r.now);
        EXPECT_EQ(window_start(r.span, now, *time_zone::utc()), seconds(r.start));
        EXPECT_EQ(window_end(r.span, now, *time_zone::utc()), seconds(r.end));
    }
    EXPECT_EQ(window_start(window::total, {}, *time_zone::utc()), 0);
    EXPECT_FALSE(window_end(window::total, {}, *time_zone::utc()));
}

TEST(window, days_follow_the_tenants_clock_through_both_changes_of_offset) {
    const auto berlin = zone("Europe/Berlin");
    ASSERT_TRUE(berlin);
    // 29 March 2026 has 23 hours, 25 October has 25.
    const instant spring = *parse_rfc3339("2026-03-29T12:00:00Z"), autumn = *parse_rfc3339("2026-10-25T12:00:00Z");
    EXPECT_EQ(*window_end(window::day, spring, *berlin) - window_start(window::day, spring, *berlin), 23 * 3600);
    EXPECT_EQ(*window_end(window::day, autumn, *berlin) - window_start(window::day, autumn, *berlin), 25 * 3600);
    EXPECT_EQ(window_start(window::month, spring, *berlin), seconds("2026-02-28T23:00:00Z"));
    EXPECT_EQ(*window_end(window::month, spring, *berlin), seconds("2026-03-31T22:00:00Z"));
}

TEST(window, every_instant_lies_in_its_window_and_the_next_begins_where_it_ends) {
    for (const char* name :
         {"Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "America/St_Johns", "Africa/Cairo"}) {
        SCOPED_TRACE(name);
        const auto place = zone(name);
        ASSERT_TRUE(place);
        for (std::int64_t s = seconds("2017-12-30"); s < seconds("2019-01-03"); s += 1787) {
            for (const window span : {window::day, window::week, window::month}) {
                const auto start = window_start(span, instant::from_seconds(s), *place);
                const auto end = *window_end(span, instant::from_seconds(s), *place);
                ASSERT_LE(start, s);
                ASSERT_LT(s, end);
                ASSERT_EQ(window_start(span, instant::from_seconds(end), *place), end);
            }
        }
    }
}

TEST(time_zone, refuses_what_is_no_tzif) {
    EXPECT_FALSE(time_zone::parse("x", ""));
    EXPECT_FALSE(time_zone::parse("x", "TZif"));
    EXPECT_FALSE(time_zone::parse("x", std::string("TZif2") + std::string(60, '\xff')));
}

}
