#include "seeds.hpp"
#include "world.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <sstream>
#include <string>

namespace tollgate::simulation {

namespace {

constexpr int steps = 25;
constexpr std::uint64_t fresh_seeds = 1500;
constexpr std::uint64_t seeds_to_catch = 400;

std::string again(std::uint64_t seed, int of_steps) {
    return "again: simulate --seed " + std::to_string(seed) + " --steps " + std::to_string(of_steps) + " --trace";
}

options options_of(std::uint64_t seed, int of_steps) {
    options how;
    how.seed = seed;
    how.steps = of_steps;
    return how;
}

}

TEST(simulation, keeps_every_promise_on_seeds_that_failed_once) {
    for (const known_seed& each : known_seeds) {
        world run(options_of(each.seed, each.steps));
        const auto violation = run.run();
        EXPECT_FALSE(violation) << *violation << "\n" << each.found << "\n" << again(each.seed, each.steps);
    }
}

TEST(simulation, keeps_every_promise_on_fresh_seeds) {
    const std::uint64_t first = std::random_device{}();
    std::cout << "seeds " << first << " to " << first + fresh_seeds - 1 << "\n";
    tally all;
    for (std::uint64_t seed = first; seed < first + fresh_seeds; ++seed) {
        world run(options_of(seed, steps));
        const auto violation = run.run();
        ASSERT_FALSE(violation) << "seed " << seed << ": " << *violation << "\n" << again(seed, steps);
        all += run.counted();
    }
    // A run in which nothing happens proves nothing.
    EXPECT_GT(all.admitted, fresh_seeds);
    EXPECT_GT(all.refused, fresh_seeds);
    EXPECT_GT(all.kills, fresh_seeds / 2);
    EXPECT_GT(all.faults, fresh_seeds / 2);
    EXPECT_GT(all.expired, fresh_seeds / 10);
    EXPECT_GT(all.late, fresh_seeds / 50);
    EXPECT_GT(all.overages, fresh_seeds / 10);
    EXPECT_GT(all.replayed, fresh_seeds / 200);
}

TEST(simulation, runs_the_same_way_twice) {
    std::ostringstream traces[2];
    for (std::ostringstream& trace : traces) {
        options how = options_of(7, 60);
        how.trace = &trace;
        world(how).run();
    }
    EXPECT_FALSE(traces[0].str().empty());
    EXPECT_EQ(traces[0].str(), traces[1].str());
}

class planted_bug : public testing::TestWithParam<planted_row> {};

TEST_P(planted_bug, is_caught) {
    for (std::uint64_t seed = 1; seed <= seeds_to_catch; ++seed) {
        options how = options_of(seed, steps);
        how.bug = GetParam().bug;
        const auto violation = world(how).run();
        if (!violation) continue;
        std::cout << "caught by seed " << seed << ": " << *violation << "\n";
        EXPECT_TRUE(violation->starts_with("promise " + std::to_string(GetParam().promise)));
        return;
    }
    FAIL() << "no seed of " << seeds_to_catch << " saw it";
}

INSTANTIATE_TEST_SUITE_P(simulation, planted_bug, testing::ValuesIn(all_planted),
                         [](const auto& each) { return std::string(name_of(each.param.bug)); });

}
