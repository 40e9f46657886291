#include <tollgate/core/circuit_breaker.hpp>
#include <tollgate/core/limits.hpp>

#include <gtest/gtest.h>

#include <random>

namespace tollgate {
namespace {

using phase = circuit_breaker::phase;

circuit_breaker after_failures(int count, std::uint32_t now_ms, circuit_breaker at = {}) {
    for (int i = 0; i < count; ++i) at = at.failed(now_ms);
    return at;
}

constexpr int enough = limits::breaker_failures;

TEST(circuit_breaker, opens_at_the_number_of_failures_and_not_before) {
    EXPECT_EQ(after_failures(enough - 1, 100).state(), phase::closed);
    const circuit_breaker open = after_failures(enough, 100);
    EXPECT_EQ(open.state(), phase::open);
    EXPECT_FALSE(open.usable(100));
    EXPECT_EQ(open.open_for_ms(100), limits::breaker_open_ms);
    EXPECT_FALSE(open.usable(100 + limits::breaker_open_ms - 1));
    EXPECT_TRUE(open.usable(100 + limits::breaker_open_ms));
}

TEST(circuit_breaker, few_failures_among_many_answers_do_not_open_it) {
    circuit_breaker at;
    for (int i = 0; i < enough + 1; ++i) at = at.succeeded(10);
    EXPECT_EQ(after_failures(enough, 10, at).state(), phase::closed);   // 5 of 11
    EXPECT_EQ(after_failures(enough + 1, 10, at).state(), phase::open); // 6 of 12
}

TEST(circuit_breaker, failures_of_an_earlier_window_do_not_count) {
    const circuit_breaker at = after_failures(enough - 1, 0);
    EXPECT_EQ(at.failed(limits::breaker_window_ms - 1).state(), phase::open);
    EXPECT_EQ(at.failed(limits::breaker_window_ms).state(), phase::closed);
}

TEST(circuit_breaker, one_probe_decides) {
    const std::uint32_t due = limits::breaker_open_ms;
    const circuit_breaker probing = after_failures(enough, 0).begun(due);
    EXPECT_EQ(probing.state(), phase::half_open);
    EXPECT_FALSE(probing.usable(due));
    EXPECT_EQ(probing.succeeded(due + 5), circuit_breaker{});
    const circuit_breaker again = probing.failed(due + 5);
    EXPECT_EQ(again.state(), phase::open);
    EXPECT_EQ(again.open_for_ms(due + 5), 2 * limits::breaker_open_ms);
}

TEST(circuit_breaker, the_pause_doubles_up_to_its_maximum) {
    circuit_breaker at = after_failures(enough, 0);
    std::uint32_t now = 0, expected = limits::breaker_open_ms;
    for (int i = 0; i < 12; ++i) {
        EXPECT_EQ(at.open_for_ms(now), expected);
        now += expected;
        at = at.begun(now).failed(now);
        expected = std::min(expected * 2, limits::breaker_open_ms_max);
    }
}

TEST(circuit_breaker, a_probe_that_never_reports_is_replaced) {
    const std::uint32_t due = limits::breaker_open_ms;
    const circuit_breaker probing = after_failures(enough, 0).begun(due);
    EXPECT_FALSE(probing.usable(due + limits::breaker_probe_ms_max - 1));
    EXPECT_TRUE(probing.usable(due + limits::breaker_probe_ms_max));
}

TEST(circuit_breaker, a_pause_that_the_provider_asks_for_is_bounded) {
    EXPECT_EQ(circuit_breaker{}.paused(7, 0).open_for_ms(7), limits::breaker_open_ms);
    EXPECT_EQ(circuit_breaker{}.paused(7, 20'000).open_for_ms(7), 20'000u);
    EXPECT_EQ(circuit_breaker{}.paused(7, 3'600'000).open_for_ms(7), limits::breaker_open_ms_max);
    // One that has begun is not made longer by answers that were on their way.
    EXPECT_EQ(circuit_breaker{}.paused(7, 2'000).paused(8, 60'000).open_for_ms(7), 2'000u);
}

TEST(circuit_breaker, what_comes_late_changes_nothing_while_it_is_open) {
    const circuit_breaker open = after_failures(enough, 0);
    EXPECT_EQ(open.succeeded(1), open);
    EXPECT_EQ(open.failed(1), open);
    EXPECT_EQ(open.begun(1), open);
}

TEST(circuit_breaker, the_clock_may_wrap) {
    const std::uint32_t late = UINT32_MAX - 100;
    const circuit_breaker open = after_failures(enough, late);
    EXPECT_FALSE(open.usable(UINT32_MAX));
    EXPECT_FALSE(open.usable(0));
    EXPECT_TRUE(open.usable(limits::breaker_open_ms));
}

TEST(circuit_breaker, packing_keeps_everything) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    circuit_breaker at;
    std::uint32_t now = 0;
    for (int i = 0; i < 20'000; ++i) {
        now += random() % 3'000;
        switch (random() % 5) {
        case 0: at = at.failed(now); break;
        case 1: at = at.begun(now); break;
        case 2: at = at.paused(now, random() % 90'000); break;
        default: at = random() % 2 ? at.failed(now) : at.succeeded(now);
        }
        ASSERT_EQ(circuit_breaker::unpacked(at.packed()), at);
    }
    for (int i = 0; i < 10'000; ++i) at = circuit_breaker{}.packed() ? at : at.succeeded(now);
    ASSERT_EQ(circuit_breaker::unpacked(at.packed()), at);
}

}
}
