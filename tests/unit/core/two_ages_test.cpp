#include <tollgate/core/two_ages.hpp>

#include <gtest/gtest.h>

#include <functional>

namespace tollgate {

using cache = two_ages<int, int, std::hash<int>>;

TEST(two_ages, never_holds_more_than_its_maximum) {
    cache all(10);
    for (int i = 0; i < 1000; ++i) {
        all.put(i, i);
        EXPECT_LE(all.size(), 10u);
        ASSERT_NE(all.find(i), nullptr);
    }
}

TEST(two_ages, forgets_what_nobody_asks_for_and_keeps_what_is_asked_for) {
    cache all(10);
    all.put(-1, 7);
    for (int i = 0; i < 100; ++i) {
        all.put(i, i);
        ASSERT_NE(all.find(-1), nullptr) << i;
    }
    EXPECT_EQ(*all.find(-1), 7);
    EXPECT_EQ(all.find(0), nullptr);
}

TEST(two_ages, replaces_and_erases_in_both_halves) {
    cache all(4);
    all.put(1, 1);
    all.put(2, 2);
    all.put(3, 3); // 1 and 2 are old now
    all.put(1, 10);
    EXPECT_EQ(*all.find(1), 10);
    all.erase(2);
    all.erase(3);
    EXPECT_EQ(all.find(2), nullptr);
    EXPECT_EQ(all.find(3), nullptr);
    EXPECT_EQ(all.size(), 1u);
}

TEST(two_ages, of_one_holds_one_or_two) {
    cache all(1);
    all.put(1, 1);
    all.put(2, 2);
    all.put(3, 3);
    EXPECT_LE(all.size(), 2u);
    EXPECT_EQ(*all.find(3), 3);
}

}
