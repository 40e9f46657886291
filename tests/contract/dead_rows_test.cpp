// Room of ended reservations on PostgreSQL; SQLite uses it again by itself.

#include "world.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::test {

namespace {

class dead_reservations : public testing::Test {
protected:
    void SetUp() override {
        here = world::make(kind::postgres);
        ASSERT_TRUE(here) << "PostgreSQL is needed: apt-get install postgresql";
        here->sql("ALTER TABLE reservations SET (autovacuum_enabled = false)");
        ledger = here->open_ledger();
    }
    void leave(std::int64_t count) {
        here->sql("INSERT INTO reservations (tenant, request_id, amount, input_amount, tokens, counters, prepaid, "
                  "on_unknown, created, expires, node, record) SELECT 'acme', gen_random_uuid(), 1, 1, 1, '', false, "
                  "'estimate', now(), now() + interval '1 hour', 'n', '{}' FROM generate_series(1, " +
                  std::to_string(count) + ")");
        here->sql("DELETE FROM reservations; SELECT pg_stat_force_next_flush()");
    }
    void expect_vacuums(int count) {
        here->sql("SELECT 1 / (vacuum_count = " + std::to_string(count) +
                  ")::int FROM pg_stat_user_tables WHERE relid = 'reservations'::regclass");
    }
    std::unique_ptr<world> here;
    std::unique_ptr<store::ledger_store> ledger;
};

}

TEST_F(dead_reservations, few_are_left_to_the_server) {
    leave(limits::dead_reservations_max);
    EXPECT_TRUE(ledger->prune_counters(10).has_value());
    expect_vacuums(0);
}

TEST_F(dead_reservations, many_are_freed_once) {
    leave(limits::dead_reservations_max + 1);
    EXPECT_TRUE(ledger->prune_counters(10).has_value());
    expect_vacuums(1);
    EXPECT_TRUE(ledger->prune_counters(10).has_value());
    expect_vacuums(1);
}

}
