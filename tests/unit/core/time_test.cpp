#include <tollgate/core/time.hpp>

#include <gtest/gtest.h>

namespace tollgate {

TEST(time, reads_dates_and_times_with_offsets) {
    struct row {
        const char* text;
        std::optional<std::int64_t> us;
    };
    const row rows[] = {
        {"1970-01-01", 0},
        {"2026-07-01T00:00:00Z", 1'782'864'000'000'000},
        {"2026-07-01T02:00:00+02:00", 1'782'864'000'000'000},
        {"2026-06-30T20:30-0330", 1'782'864'000'000'000},
        {"2026-07-01T00:00:00.25Z", 1'782'864'000'250'000},
        {"2024-02-29", 1'709'164'800'000'000},
        {"2026-02-29", std::nullopt},
        {"2026-13-01", std::nullopt},
        {"2026-07-01T24:00:00Z", std::nullopt},
        {"2026-07-01T00:00:00", std::nullopt},
        {"2026-7-1", std::nullopt},
        {"yesterday", std::nullopt},
        {"2026-07-01T00:00:00.Z", std::nullopt},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        const auto got = parse_rfc3339(r.text);
        ASSERT_EQ(got.has_value(), r.us.has_value());
        if (got) EXPECT_EQ(got->us, *r.us);
    }
}

TEST(time, shows_utc) {
    EXPECT_EQ(to_rfc3339({1'782'864'000'250'000}), "2026-07-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339({1'782'864'000'250'000}, true), "2026-07-01T00:00:00.250Z");
    EXPECT_EQ(to_rfc3339({-1}), "1969-12-31T23:59:59Z");
}

}
