#include "ops.hpp"
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

// Where each window was a row of its own.
TEST_P(over_databases, counters_of_an_earlier_version_keep_what_they_hold) {
    ledger::reservation open;
    std::vector<ledger::counter_key> keys;
    {
        const auto store = here->open_ledger();
        const auto next = [&](std::uint64_t n) {
            return must_reserve(*store, reserve(id_of(n), {.limits = {cost_limit("tenant", window::month, 10'000),
                                                                      cost_limit("tenant", window::total, 10'000),
                                                                      cost_limit("agent=a", window::day, 10'000)}}))
                .hold;
        };
        must_end(*store, settle(next(1), 60));
        open = next(2);
        for (const auto& row : open.counters) keys.push_back({"acme", row.scope, row.span, row.start_s});
    }
    const auto found = accounts()->counters(keys);
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), 3u);
    here->sql("DROP TABLE counters");
    here->sql("CREATE TABLE counters (spent bigint NOT NULL, held bigint NOT NULL, requests bigint NOT NULL, "
              "tokens bigint NOT NULL, tokens_held bigint NOT NULL, in_flight bigint NOT NULL, "
              "start_s bigint NOT NULL, span smallint NOT NULL, tenant text NOT NULL, scope text NOT NULL, "
              "PRIMARY KEY (tenant, scope, span, start_s))");
    for (const auto& [key, at] : *found) {
        std::string values;
        for (const std::int64_t number : {at.spent.count(), at.held.count(), at.requests, at.tokens, at.tokens_held,
                                          at.in_flight, key.start_s, static_cast<std::int64_t>(key.span)})
            values += std::to_string(number) + ", ";
        here->sql("INSERT INTO counters VALUES (" + values + "'acme', '" + key.scope + "')");
    }
    here->sql("DELETE FROM schema_migrations WHERE number = 13");
    const auto done = here->database()->migrate();
    ASSERT_TRUE(done.has_value()) << done.error().detail;
    EXPECT_EQ(done->applied, std::vector<std::string>{"0013_counter_scopes"});
    EXPECT_EQ(accounts()->counters(keys).value(), *found);
    EXPECT_TRUE(here->verify().empty());
    const auto store = here->open_ledger();
    must_end(*store, settle(open, 70));
    EXPECT_TRUE(here->verify().empty());
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
