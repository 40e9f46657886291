// How long a provider asks to wait.
#include <tollgate/openai/retry_after.hpp>

#include <gtest/gtest.h>

namespace tollgate::openai {

namespace {

const instant now = *parse_rfc3339("2026-10-21T07:28:00Z");

std::optional<std::uint32_t> told(const std::vector<field>& fields) { return told_to_wait_ms(fields, now); }

}

TEST(retry_after, is_seconds_up_to_a_minute) {
    struct row {
        std::string_view value;
        std::optional<std::uint32_t> ms;
    };
    for (const row& r : {row{"2", 2'000}, row{" 1.25 ", 1'250}, row{"0", 0}, row{"60", 60'000}, row{"61", 60'000},
                         row{"99999999999", 60'000}, row{"", {}}, row{"-1", {}}, row{".", {}}, row{"soon", {}}}) {
        SCOPED_TRACE(r.value);
        EXPECT_EQ(told({{"Retry-After", r.value}}), r.ms);
    }
}

TEST(retry_after, may_be_a_date) {
    struct row {
        std::string_view value;
        std::optional<std::uint32_t> ms;
    };
    for (const row& r : {row{"Wed, 21 Oct 2026 07:28:05 GMT", 5'000}, row{"Wed, 21 Oct 2026 07:29:01 GMT", 60'000},
                         row{"Wed, 21 Oct 2026 07:27:59 GMT", 0}, row{"Fri, 01 Jan 2027 00:00:00 GMT", 60'000},
                         row{"Wed, 32 Oct 2026 07:28:05 GMT", {}}, row{"Wed, 21 Okt 2026 07:28:05 GMT", {}},
                         row{"Wed, 21 Oct 2026 07:28:05 CET", {}}, row{"2026-10-21T07:28:05Z", {}}}) {
        SCOPED_TRACE(r.value);
        EXPECT_EQ(told({{"retry-after", r.value}}), r.ms);
    }
}

TEST(retry_after, a_date_is_measured_by_the_providers_own_clock) {
    const field until{"retry-after", "Wed, 21 Oct 2026 09:00:07 GMT"};
    EXPECT_EQ(told({until, {"date", "Wed, 21 Oct 2026 09:00:00 GMT"}}), 7'000u);
    EXPECT_EQ(told({until, {"date", "now"}}), 60'000u);
}

TEST(retry_after, milliseconds_say_it_better) {
    EXPECT_EQ(told({{"retry-after", "1"}, {"retry-after-ms", "250"}}), 250u);
    EXPECT_EQ(told({{"retry-after-ms", "1500.5"}}), 1'500u);
    EXPECT_EQ(told({{"retry-after-ms", "90000"}}), 60'000u);
    EXPECT_EQ(told({{"retry-after", "1"}, {"retry-after-ms", "x"}}), 1'000u);
    EXPECT_EQ(told({}), std::nullopt);
}

}
