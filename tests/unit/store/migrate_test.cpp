#include <tollgate/store/migration.hpp>

#include <gtest/gtest.h>

namespace tollgate::store {

namespace {

std::vector<migration> three() {
    return {{1, "0001_a", "a", "x1"}, {2, "0002_b", "b", "x2"}, {3, "0003_c", "c", "x3"}};
}

}

TEST(migrate, what_is_not_applied_comes_in_order) {
    const auto rest = not_applied(three(), std::vector<applied_migration>{{1, "0001_a", "x1"}});
    ASSERT_TRUE(rest.has_value());
    ASSERT_EQ(rest->size(), 2u);
    EXPECT_EQ(rest->at(0).number, 2);
    EXPECT_EQ(rest->at(1).number, 3);
    EXPECT_EQ(not_applied(three(), {})->size(), 3u);
}

TEST(migrate, another_checksum_or_an_unknown_number_is_refused) {
    const auto edited = not_applied(three(), std::vector<applied_migration>{{2, "0002_b", "other"}});
    ASSERT_FALSE(edited.has_value());
    EXPECT_NE(edited.error().detail.find("0002_b"), std::string::npos);
    const auto newer = not_applied(three(), std::vector<applied_migration>{{4, "0004_d", "x4"}});
    ASSERT_FALSE(newer.has_value());
    EXPECT_NE(newer.error().detail.find("newer"), std::string::npos);
}

TEST(migrate, both_databases_have_the_same_migrations) {
    const auto postgres = postgres_migrations(), sqlite = sqlite_migrations();
    ASSERT_EQ(postgres.size(), sqlite.size());
    for (std::size_t i = 0; i < postgres.size(); ++i) {
        EXPECT_EQ(postgres[i].name, sqlite[i].name);
        if (i > 0) EXPECT_GT(postgres[i].number, postgres[i - 1].number);
        EXPECT_EQ(postgres[i].number, sqlite[i].number);
        EXPECT_EQ(postgres[i].checksum.size(), 64u);
        EXPECT_FALSE(sqlite[i].sql.empty());
    }
}

}
