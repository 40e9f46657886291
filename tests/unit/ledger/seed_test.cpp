#include <tollgate/ledger/seed.hpp>

#include <gtest/gtest.h>

namespace tollgate::ledger {

namespace {

seed seed_of(std::int64_t spent, std::int64_t requests, std::int64_t tokens, std::int64_t as_of_us) {
    seed out;
    out.key = {"acme", "feature=f", window::month, 0};
    out.spent = usd_nano(spent);
    out.requests = requests;
    out.tokens = tokens;
    out.as_of = {as_of_us};
    return out;
}

counter counter_of(std::int64_t spent, std::int64_t held, std::int64_t requests, std::int64_t tokens) {
    counter out;
    out.spent = usd_nano(spent);
    out.held = usd_nano(held);
    out.requests = requests;
    out.tokens = tokens;
    out.in_flight = held > 0 ? 1 : 0;
    return out;
}

}

TEST(plant, a_first_seed_is_added_to_what_the_counter_has) {
    const seed fresh = seed_of(30, 2, 7, 1);
    const auto done = plant(counter_of(5, 100, 1, 2), std::nullopt, fresh);
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->at, counter_of(35, 100, 3, 9));
    EXPECT_EQ(done->kept, fresh);
}

TEST(plant, the_same_seed_again_and_an_older_one_change_nothing) {
    const seed kept = seed_of(30, 2, 7, 10);
    const counter at = counter_of(30, 0, 2, 7);
    EXPECT_FALSE(plant(at, kept, kept).has_value());
    EXPECT_FALSE(plant(at, kept, seed_of(90, 9, 9, 9)).has_value());
    EXPECT_FALSE(plant(at, std::nullopt, seed_of(0, 0, 0, 10)).has_value());
}

TEST(plant, a_later_seed_takes_the_place_of_the_earlier_one_up_and_down) {
    const seed kept = seed_of(30, 2, 7, 10);
    const auto more = plant(counter_of(50, 0, 3, 9), kept, seed_of(40, 3, 8, 11));
    ASSERT_TRUE(more.has_value());
    EXPECT_EQ(more->at, counter_of(60, 0, 4, 10));
    const auto less = plant(counter_of(50, 0, 3, 9), kept, seed_of(0, 0, 0, 11));
    ASSERT_TRUE(less.has_value());
    EXPECT_EQ(less->at, counter_of(20, 0, 1, 2));
    const auto equal = plant(counter_of(50, 0, 3, 9), kept, seed_of(30, 2, 7, 11));
    ASSERT_TRUE(equal.has_value()); // so that what is older than it stays out
    EXPECT_EQ(equal->at, counter_of(50, 0, 3, 9));
}

TEST(plant, a_damaged_counter_does_not_turn_negative) {
    const auto done = plant(counter_of(10, 0, 1, 1), seed_of(30, 2, 7, 10), seed_of(5, 0, 0, 11));
    ASSERT_TRUE(done.has_value());
    EXPECT_EQ(done->at, counter_of(0, 0, 0, 0));
}

}
