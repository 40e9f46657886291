#include <tollgate/core/route_choice.hpp>

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tollgate {
namespace {

TEST(route_choice, the_lowest_priority_that_has_a_usable_route_serves) {
    struct row {
        std::vector<route_odds> routes;
        std::optional<std::size_t> expected;
    };
    const row rows[] = {
        {{}, std::nullopt},
        {{{1, 100, 0, false}}, std::nullopt},
        {{{1, 100, 0, true}}, 0},
        {{{2, 10'000, 0, true}, {1, 1, 0, true}}, 1},
        {{{1, 100, 0, false}, {2, 100, 0, true}, {3, 100, 0, true}}, 1},
        {{{1, 100, 0, false}, {1, 1, 0, true}, {2, 100, 0, true}}, 1},
    };
    for (const row& r : rows)
        for (const std::uint64_t luck : {std::uint64_t{0}, std::uint64_t{12'345}, UINT64_MAX})
            EXPECT_EQ(choose_route(r.routes, luck), r.expected);
}

// Of 10,000 draws, how many went to each route.
std::vector<int> draws(const std::vector<route_odds>& routes) {
    std::mt19937_64 random(7);
    std::vector<int> counts(routes.size());
    for (int i = 0; i < 10'000; ++i) counts[choose_route(routes, random()).value()] += 1;
    return counts;
}

TEST(route_choice, routes_of_one_priority_share_by_weight_scaled_by_speed) {
    struct row {
        std::vector<route_odds> routes;
        std::vector<int> expected; // of 10,000
    };
    const row rows[] = {
        {{{1, 80, 0, true}, {1, 20, 0, true}}, {8'000, 2'000}},
        {{{1, 80, 500, true}, {1, 20, 500, true}}, {8'000, 2'000}},
        {{{1, 50, 1'000, true}, {1, 50, 2'000, true}}, {6'667, 3'333}},   // twice as slow: half the weight
        {{{1, 50, 1'000, true}, {1, 50, 1'000'000, true}}, {9'412, 588}}, // never below a sixteenth
        {{{1, 50, 0, true}, {1, 50, 9'000, true}}, {5'000, 5'000}},       // not known yet: as the fastest
        {{{1, 50, 100, false}, {1, 50, 200, true}, {1, 50, 200, true}}, {0, 5'000, 5'000}}, // unusable: no measure
        {{{1, 10, 0, true}, {1, 10, 0, true}, {2, 999, 1, true}}, {5'000, 5'000, 0}},
    };
    for (const row& r : rows) {
        const auto got = draws(r.routes);
        for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], r.expected[i], r.expected[i] ? 200 : 0) << i;
    }
}

}
}
