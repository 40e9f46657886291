#include <tollgate/policy/retry_memory.hpp>

#include <gtest/gtest.h>

namespace tollgate::policy {

namespace {

constexpr std::int64_t second = 1'000'000;
constexpr instant start = instant::from_seconds(1'800'000'000);
constexpr instant later(std::int64_t us) { return {start.us + us}; }
constexpr retry_guard guard; // 5 of the same, 10 refusals, within 60 s; 30 s doubling to 900 s
constexpr retry_memory::sizes small{64, 32, 8};

retry_request request(std::uint64_t hash = 7, std::string_view key = "key_1", bool retried = false) {
    return {"acme", key, hash, retried};
}

// Observes `times` requests at once; the facts of the last.
retry_facts send(retry_memory& memory, int times, instant now, const retry_request& what = request()) {
    retry_facts last;
    for (int i = 0; i < times; ++i) last = memory.observe(what, guard, now);
    return last;
}

void refuse(retry_memory& memory, int times, instant now) {
    for (int i = 0; i < times; ++i) {
        memory.observe(request(static_cast<std::uint64_t>(1000 + i)), guard, now);
        memory.note_refusal("key_1", guard, now);
    }
}

}

TEST(retry_memory, the_sixth_of_the_same_is_a_storm_and_the_fifth_is_not) {
    retry_memory memory(small);
    const retry_facts fifth = send(memory, 5, start);
    EXPECT_EQ(fifth.same_request, 5);
    EXPECT_EQ(fifth.signal, storm_signal::none);
    EXPECT_FALSE(fifth.blocked_until);
    const retry_facts sixth = send(memory, 1, start);
    EXPECT_EQ(sixth.same_request, 6);
    EXPECT_EQ(sixth.signal, storm_signal::same_request);
    EXPECT_EQ(sixth.blocked_until, later(30 * second));
    EXPECT_TRUE(sixth.begins);
}

TEST(retry_memory, blocks_that_request_of_that_key_and_nothing_else) {
    retry_memory memory(small);
    send(memory, 6, start);
    EXPECT_TRUE(send(memory, 1, start).blocked_until);
    EXPECT_FALSE(send(memory, 1, start, request(8)).blocked_until);
    EXPECT_FALSE(send(memory, 1, start, request(9, "key_2")).blocked_until);
}

TEST(retry_memory, a_block_ends_at_its_time_whatever_came_meanwhile) {
    retry_memory memory(small);
    send(memory, 6, start);
    for (int s = 0; s < 30; ++s) {
        const retry_facts met = send(memory, 10, later(s * second));
        EXPECT_EQ(met.blocked_until, later(30 * second)) << s;
        EXPECT_FALSE(met.begins);
        EXPECT_EQ(met.same_request, 6) << "as it was when the block began";
    }
    EXPECT_TRUE(send(memory, 1, later(30 * second - 1)).blocked_until);
    const retry_facts after = send(memory, 1, later(30 * second));
    EXPECT_FALSE(after.blocked_until);
    EXPECT_EQ(after.same_request, 1);
}

TEST(retry_memory, honest_repeats_pass_for_ever) {
    retry_memory memory(small);
    for (int i = 0; i < 200; ++i)
        EXPECT_FALSE(send(memory, 1, later(i * 12 * second)).blocked_until) << i; // 5 a minute
    retry_memory bursts(small);
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(send(bursts, 5, later(i * 60 * second)).blocked_until) << i;
}

// Counted by slices: what is younger than 15/16 of the window counts surely, what is as old as the window never.
TEST(retry_memory, the_window_slides) {
    for (std::int64_t phase = 0; phase < 60; ++phase) {
        retry_memory memory(small);
        send(memory, 5, later(phase * second));
        EXPECT_TRUE(send(memory, 1, later(phase * second + 56 * second)).blocked_until) << phase;
        retry_memory other(small);
        send(other, 5, later(phase * second));
        EXPECT_FALSE(send(other, 1, later(phase * second + 60 * second)).blocked_until) << phase;
    }
}

TEST(retry_memory, each_storm_soon_after_doubles_the_block_up_to_its_maximum) {
    retry_memory memory(small);
    instant now = start;
    for (const std::int64_t seconds : {30, 60, 120, 240, 480, 900, 900, 900}) {
        const retry_facts met = send(memory, 6, now);
        ASSERT_TRUE(met.blocked_until && met.begins) << seconds;
        EXPECT_EQ(met.blocked_until->us - now.us, seconds * second);
        now = *met.blocked_until;
    }
}

TEST(retry_memory, a_quiet_time_takes_the_doubling_back) {
    retry_memory memory(small);
    const instant first = *send(memory, 6, start).blocked_until;
    const instant soon{first.us + 900 * second - 1};
    const instant second_end = *send(memory, 6, soon).blocked_until;
    EXPECT_EQ(second_end.us - soon.us, 60 * second) << "just within block_max";
    const instant quiet{second_end.us + 900 * second};
    EXPECT_EQ(send(memory, 6, quiet).blocked_until->us - quiet.us, 30 * second);
}

TEST(retry_memory, after_ten_refusals_the_key_is_blocked) {
    retry_memory memory(small);
    refuse(memory, 9, start);
    EXPECT_FALSE(send(memory, 1, start).blocked_until);
    refuse(memory, 1, start);
    const retry_facts met = send(memory, 1, start, request(99));
    EXPECT_EQ(met.signal, storm_signal::refusals);
    EXPECT_EQ(met.refusals, 10);
    EXPECT_EQ(met.blocked_until, later(30 * second));
    EXPECT_TRUE(send(memory, 1, start, request(100)).blocked_until) << "all of the key";
    EXPECT_FALSE(send(memory, 1, start, request(100, "key_2")).blocked_until);
    EXPECT_FALSE(send(memory, 1, later(30 * second)).blocked_until) << "and then counts anew";
}

TEST(retry_memory, refusals_are_forgotten_with_the_window) {
    retry_memory memory(small);
    refuse(memory, 10, start);
    EXPECT_FALSE(send(memory, 1, later(60 * second), request(99)).blocked_until);
}

TEST(retry_memory, a_share_of_automatic_retries_is_a_storm_from_twenty_requests_on) {
    struct row {
        int plain, retried;
        bool storm;
    };
    const row rows[] = {
        {0, 19, false}, {13, 6, false}, {14, 6, true}, {15, 5, false}, {70, 29, false}, {70, 30, true}, {20, 0, false},
    };
    for (const row& r : rows) {
        retry_memory memory({4096, 32, 8});
        std::uint64_t hash = 1;
        retry_facts last;
        // Plain ones first: a share that is reached early would be a storm then.
        for (int i = 0; i < r.plain; ++i) last = send(memory, 1, start, request(hash++));
        for (int i = 0; i < r.retried; ++i) last = send(memory, 1, start, request(hash++, "key_1", true));
        EXPECT_EQ(last.blocked_until.has_value(), r.storm) << r.plain << " " << r.retried;
        if (r.storm) EXPECT_EQ(last.signal, storm_signal::sdk_retries);
    }
}

TEST(retry_memory, what_was_answered_at_no_cost_can_be_taken_back) {
    retry_memory memory(small);
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(send(memory, 1, later(i * second / 10)).blocked_until) << i;
        memory.take_back(request());
    }
    EXPECT_EQ(send(memory, 1, later(10 * second)).same_request, 1);
    memory.take_back(request(12345, "unknown")); // nothing to take
}

TEST(retry_memory, adopts_blocks_of_others_and_keeps_the_later_one) {
    retry_memory here(small), there(small);
    send(there, 6, start);
    const auto begun = there.take_begun();
    ASSERT_EQ(begun.size(), 1u);
    EXPECT_TRUE(there.take_begun().empty());
    here.adopt(begun.front());
    EXPECT_EQ(send(here, 1, start).blocked_until, later(30 * second));
    retry_block earlier = begun.front();
    earlier.until = later(second);
    here.adopt(earlier);
    EXPECT_EQ(send(here, 1, later(2 * second)).blocked_until, later(30 * second));
    EXPECT_TRUE(here.take_begun().empty()) << "what was adopted is not told on";
    // The doubling goes on here.
    EXPECT_EQ(send(here, 6, later(30 * second)).blocked_until, later(90 * second));
}

TEST(retry_memory, stays_within_its_bounds_and_keeps_the_blocks_that_end_last) {
    retry_memory memory(small);
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        const std::string key = "key_" + std::to_string(i);
        send(memory, 6, later(static_cast<std::int64_t>(i)), request(i, key));
    }
    int blocked = 0;
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        const std::string key = "key_" + std::to_string(i);
        blocked += send(memory, 1, later(2000), request(i, key)).blocked_until.has_value();
    }
    EXPECT_EQ(blocked, 8);
    EXPECT_TRUE(send(memory, 1, later(2000), request(1000, "key_1000")).blocked_until);
    EXPECT_LE(memory.take_begun().size(), 8u);
}

TEST(retry_memory, a_clock_that_is_set_back_blocks_nobody_for_longer) {
    retry_memory memory(small);
    send(memory, 4, start);
    EXPECT_FALSE(send(memory, 1, later(-3600 * second)).blocked_until);
    EXPECT_EQ(send(memory, 1, later(-3600 * second)).same_request, 2);
}

}
