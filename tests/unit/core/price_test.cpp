#include <tollgate/core/limits.hpp>
#include <tollgate/core/price.hpp>

#include <gtest/gtest.h>

#include <random>

namespace tollgate {

namespace {

price simple(std::int64_t input, std::int64_t output) {
    price p;
    p.rates.input = input;
    p.rates.output = output;
    return p;
}

usage_bound bound_of(std::int64_t input, std::int64_t output) {
    usage_bound b;
    b.input_tokens = input;
    b.output_tokens = output;
    return b;
}

usage used_of(std::int64_t prompt, std::int64_t completion) {
    usage u;
    u.prompt_tokens = prompt;
    u.completion_tokens = completion;
    return u;
}

}

TEST(price, holds_round_up_and_settlements_half_up_once_a_line) {
    const price p = simple(1, 1); // one nano a million tokens
    EXPECT_EQ(worst_case(bound_of(1, 0), p, service_tier::standard)->count(), 1);
    EXPECT_EQ(worst_case(bound_of(1, 1), p, service_tier::standard)->count(), 2);
    EXPECT_EQ(cost_of(used_of(499'999, 0), p, service_tier::standard)->count(), 0);
    EXPECT_EQ(cost_of(used_of(500'000, 0), p, service_tier::standard)->count(), 1);
}

TEST(price, cached_tokens_cost_their_own_rate_and_are_part_of_the_prompt) {
    price p = simple(2'000'000'000, 8'000'000'000);
    p.rates.cached_input = 500'000'000;
    usage u = used_of(1000, 100);
    u.cached_tokens = 400;
    EXPECT_EQ(cost_of(u, p, service_tier::standard)->count(), 600 * 2000 + 400 * 500 + 100 * 8000);
}

TEST(price, the_worst_input_rate_is_held) {
    price p = simple(2'000'000'000, 0);
    p.rates.cache_write = 2'500'000'000;
    EXPECT_EQ(worst_case(bound_of(1000, 0), p, service_tier::standard)->count(), 2'500'000);
}

TEST(price, past_the_long_context_threshold_the_whole_request_moves) {
    price p = simple(1'000'000'000, 1'000'000'000);
    p.long_tier = price::long_context{200, {}};
    p.long_tier->rates.input = 2'000'000'000;
    p.long_tier->rates.output = 3'000'000'000;
    EXPECT_EQ(cost_of(used_of(200, 10), p, service_tier::standard)->count(), 210'000);
    EXPECT_EQ(cost_of(used_of(201, 10), p, service_tier::standard)->count(), 402'000 + 30'000);
    EXPECT_EQ(worst_case(bound_of(201, 10), p, service_tier::standard)->count(), 432'000);
}

TEST(price, an_automatic_tier_is_held_at_the_dearest) {
    price p = simple(1'000'000'000, 0);
    p.flex_permille = 500;
    p.priority_permille = 2000;
    EXPECT_EQ(worst_case(bound_of(1000, 0), p, service_tier::flex)->count(), 500'000);
    EXPECT_EQ(worst_case(bound_of(1000, 0), p, service_tier::automatic)->count(), 2'000'000);
    EXPECT_EQ(cost_of(used_of(1000, 0), p, service_tier::priority)->count(), 2'000'000);
}

TEST(price, what_no_amount_can_hold_is_told) {
    const price p = simple(limits::price_nano_per_million_max, limits::price_nano_per_million_max);
    EXPECT_FALSE(worst_case(bound_of(limits::tokens_max, limits::tokens_max * 1280), p, service_tier::standard));
}

TEST(price, no_usage_within_the_bound_costs_more_than_the_hold) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::int64_t n) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
    };
    for (int i = 0; i < 20'000; ++i) {
        price p = simple(below(5'000'000'000), below(50'000'000'000));
        if (below(2)) p.rates.cached_input = below(5'000'000'000);
        if (below(2)) p.rates.cache_write = below(9'000'000'000);
        if (below(2)) p.rates.reasoning = below(90'000'000'000);
        if (below(2))
            p.long_tier = price::long_context{below(4000), simple(below(9'000'000'000), below(90'000'000'000)).rates};
        p.region_permille = static_cast<std::int32_t>(1000 + below(500));
        p.per_request = usd_nano(below(1000));
        const auto bound = bound_of(below(5000), below(5000));
        usage u = used_of(bound.input_tokens ? below(bound.input_tokens + 1) : 0,
                          bound.output_tokens ? below(bound.output_tokens + 1) : 0);
        u.cached_tokens = below(u.prompt_tokens + 1);
        u.cache_write_tokens = below(u.prompt_tokens - u.cached_tokens + 1);
        u.reasoning_tokens = below(u.completion_tokens + 1);
        // Half-up rounding may add half a nano a line; the hold rounds its fewer lines up.
        const auto held = worst_case(bound, p, service_tier::standard)->count();
        const auto cost = cost_of(u, p, service_tier::standard)->count();
        ASSERT_LE(cost, held + 3);
    }
}

TEST(price, affordable_output_is_the_most_that_fits) {
    const price p = simple(1'000'000'000, 10'000'000'000);
    const auto bound = bound_of(100, 4096);
    EXPECT_EQ(affordable_output(usd_nano(100'000 + 10'000 * 50), bound, p, service_tier::standard), 50);
    EXPECT_EQ(affordable_output(usd_nano(100'000 + 10'000 * 50 - 1), bound, p, service_tier::standard), 49);
    EXPECT_EQ(affordable_output(usd_nano(99'999), bound, p, service_tier::standard), 0);
    EXPECT_EQ(affordable_output(usd_nano::max(), bound, p, service_tier::standard), 4096);
}

}
