#include <tollgate/core/money.hpp>

#include <gtest/gtest.h>

namespace tollgate {

TEST(money, reads_decimals_exactly_or_not_at_all) {
    struct row {
        const char* text;
        std::optional<std::int64_t> nano;
    };
    const row rows[] = {
        {"500", 500'000'000'000},
        {"0.01", 10'000'000},
        {"0.000000001", 1},
        {"0.0000000010", 1},
        {"-3.5", -3'500'000'000},
        {"+1", 1'000'000'000},
        {"1000000000", 1'000'000'000'000'000'000},
        {"0.0000000001", std::nullopt},
        {"1000000000.01", std::nullopt},
        {"1e2", std::nullopt},
        {"", std::nullopt},
        {"-", std::nullopt},
        {".5", std::nullopt},
        {"5.", std::nullopt},
        {"1,5", std::nullopt},
        {" 1", std::nullopt},
        {"0x10", std::nullopt},
        {"99999999999999999999999", std::nullopt},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        const auto got = parse_usd(r.text);
        ASSERT_EQ(got.has_value(), r.nano.has_value());
        if (got) EXPECT_EQ(got->count(), *r.nano);
    }
}

TEST(money, shows_cents_at_least_and_every_digit_that_counts) {
    struct row {
        std::int64_t nano;
        const char* text;
    };
    const row rows[] = {{0, "0.00"},
                        {600'000'000'000, "600.00"},
                        {12'500, "0.0000125"},
                        {1, "0.000000001"},
                        {-1'500'000'000, "-1.50"},
                        {INT64_MIN, "-9223372036.854775808"},
                        {INT64_MAX, "9223372036.854775807"}};
    for (const row& r : rows) EXPECT_EQ(to_usd(usd_nano(r.nano)), r.text);
}

TEST(money, what_is_shown_reads_back_as_the_same_amount) {
    for (std::int64_t nano : {1L, 999L, 1'000'000'000L, 123'456'789'012'345L, -7L}) {
        const auto back = parse_usd(to_usd(usd_nano(nano)));
        ASSERT_TRUE(back);
        EXPECT_EQ(back->count(), nano);
    }
}

TEST(money, adding_past_the_range_is_told_or_aborts) {
    EXPECT_FALSE(checked_add(usd_nano::max(), usd_nano(1)));
    EXPECT_EQ(checked_add(usd_nano(1), usd_nano(2))->count(), 3);
    EXPECT_DEATH((void)(usd_nano::max() + usd_nano(1)), "bug");
}

}
