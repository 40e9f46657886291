#include "world.hpp"

#include <tuple>

#include <tollgate/store/retry_block_store.hpp>

namespace tollgate::test {

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr instant now = instant::from_seconds(1'800'000'000);

policy::retry_block block(const std::string& key, std::int64_t seconds) {
    policy::retry_block out;
    out.tenant = "acme";
    out.key = key;
    out.hash = 0xFEDCBA9876543210;
    out.signal = policy::storm_signal::sdk_retries;
    out.until = {now.us + seconds * second};
    out.forgotten = {out.until.us + 900 * second};
    out.level = 3;
    out.counted = 7;
    out.among = 20;
    return out;
}

}

TEST_P(over_databases, a_retry_block_comes_back_whole) {
    const auto one = here->database()->open_retry_blocks().value(), two = here->database()->open_retry_blocks().value();
    ASSERT_TRUE(one->keep(block("key_1", 30), now).has_value());
    const auto all = two->ending_after(now, 10);
    ASSERT_TRUE(all.has_value()) << all.error().detail;
    ASSERT_EQ(all->size(), 1u);
    const policy::retry_block& got = all->front();
    const policy::retry_block sent = block("key_1", 30);
    EXPECT_EQ(std::tie(got.tenant, got.key, got.hash, got.signal, got.until, got.forgotten, got.level, got.counted,
                       got.among),
              std::tie(sent.tenant, sent.key, sent.hash, sent.signal, sent.until, sent.forgotten, sent.level,
                       sent.counted, sent.among));
}

TEST_P(over_databases, of_two_retry_blocks_of_a_name_the_later_stays) {
    const auto db = here->database()->open_retry_blocks().value();
    for (const std::int64_t seconds : {30, 60, 45}) ASSERT_TRUE(db->keep(block("key_1", seconds), now).has_value());
    const auto all = db->ending_after(now, 10).value();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all.front().until, (instant{now.us + 60 * second}));
}

TEST_P(over_databases, retry_blocks_are_read_by_their_end_and_forgotten_in_time) {
    const auto db = here->database()->open_retry_blocks().value();
    for (int i = 1; i <= 5; ++i) ASSERT_TRUE(db->keep(block("key_" + std::to_string(i), 10 * i), now).has_value());
    EXPECT_EQ(db->ending_after({now.us + 30 * second}, 10)->size(), 2u);
    EXPECT_EQ(db->ending_after(now, 2)->front().key, "key_5");
    // Key 1 is forgotten 910 s after now.
    const instant later{now.us + 911 * second};
    ASSERT_TRUE(db->keep(block("key_9", 2000), later).has_value());
    EXPECT_EQ(db->ending_after(now, 10)->size(), 5u);
}

}
