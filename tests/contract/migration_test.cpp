#include "world.hpp"

#include <thread>

namespace tollgate::test {

namespace {

int all_migrations() { return static_cast<int>(store::sqlite_migrations().size()); }

}

TEST_P(over_databases, migrating_again_does_nothing) {
    const auto again = here->database()->migrate();
    ASSERT_TRUE(again.has_value()) << again.error().detail;
    EXPECT_TRUE(again->applied.empty());
    EXPECT_GE(again->version, 2);
    EXPECT_EQ(here->database()->pending().value(), 0);
}

TEST_P(over_databases, an_edited_migration_is_refused) {
    here->sql("UPDATE schema_migrations SET checksum = 'other' WHERE number = 1");
    const auto done = here->database()->migrate();
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().fault, store_fault::corrupt);
    EXPECT_NE(done.error().detail.find("0001_ledger"), std::string::npos);
    EXPECT_FALSE(here->database()->pending().has_value());
}

TEST_P(over_databases, a_database_of_a_newer_version_is_refused) {
    const bool sqlite = GetParam() == kind::sqlite;
    here->sql(std::string("INSERT INTO schema_migrations (number, name, checksum, applied) VALUES "
                          "(9999, '9999_later', 'x', ") +
              (sqlite ? "0)" : "CURRENT_TIMESTAMP)"));
    const auto done = here->database()->migrate();
    ASSERT_FALSE(done.has_value());
    EXPECT_NE(done.error().detail.find("newer"), std::string::npos);
}

TEST_P(over_databases, a_missing_migration_is_pending_and_applied) {
    for (const char* table : {"api_keys", "key_revision", "secrets", "policy_versions", "tenant_flags", "audit_log"})
        here->sql(std::string("DROP TABLE ") + table);
    here->sql("DELETE FROM schema_migrations WHERE number = 2");
    EXPECT_EQ(here->database()->pending().value(), 1);
    const auto done = here->database()->migrate();
    ASSERT_TRUE(done.has_value()) << done.error().detail;
    EXPECT_EQ(done->applied, std::vector<std::string>{"0002_keys"});
    EXPECT_EQ(keys()->revision().value(), 0);
}

TEST_P(over_databases, a_migration_that_fails_leaves_nothing_behind) {
    here->sql("DROP TABLE movements");
    here->sql("DELETE FROM schema_migrations WHERE number > 0");
    const auto done = here->database()->migrate(); // the first statement finds its table made already
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(here->database()->pending().value(), all_migrations());
    here->sql("CREATE TABLE movements (a integer)"); // it was not made
}

class over_kinds : public testing::TestWithParam<kind> {};
INSTANTIATE_TEST_SUITE_P(contract, over_kinds, testing::Values(kind::sqlite, kind::postgres));

TEST_P(over_kinds, processes_that_start_together_migrate_once) {
    for (int round = 0; round < 3; ++round) {
        const auto fresh = world::empty_database(GetParam());
        ASSERT_TRUE(fresh.has_value()) << "PostgreSQL is needed: apt-get install postgresql";
        EXPECT_EQ(fresh->database->pending().value(), all_migrations());
        std::atomic<std::size_t> applied{0};
        std::vector<std::thread> all;
        for (int i = 0; i < 4; ++i)
            all.emplace_back([&] {
                const auto done = fresh->database->migrate();
                EXPECT_TRUE(done.has_value()) << done.error().detail;
                if (done) applied += done->applied.size();
            });
        for (auto& each : all) each.join();
        EXPECT_EQ(applied, static_cast<std::size_t>(all_migrations()));
    }
}

}
