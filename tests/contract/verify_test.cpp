#include "ops.hpp"
#include "world.hpp"

#include <algorithm>

namespace tollgate::test {

namespace {

// A prepaid tenant with a settled, a released, an expired and an open request, and one that owes nothing yet.
void make_history(world& here) {
    const auto store = here.open_ledger();
    must_run(*store, {top_up("acme", "k1", 5'000, id_of(900)), top_up("beta", "k1", 70, id_of(901))});
    const auto reserved = [&](std::uint64_t n) {
        return must_reserve(*store, reserve(id_of(n), {.prepaid = true,
                                                       .limits = {cost_limit("tenant", window::month, 100'000),
                                                                  cost_limit("feature=f", window::total, 100'000)}}))
            .hold;
    };
    must_end(*store, settle(reserved(1), 60));
    must_end(*store, release(reserved(2)));
    const auto expired = reserved(3);
    must_end(*store, expire(expired));
    must_end(*store, settle(expired, 20));
    must_end(*store, settle(reserved(4), 130)); // beyond its hold
    reserved(5);
}

bool names(const std::vector<store::discrepancy>& found, const std::string& what, const std::string& where) {
    return std::ranges::any_of(found, [&](const store::discrepancy& each) {
        return each.what == what && each.where.find(where) != std::string::npos;
    });
}

}

TEST_P(over_stores, a_healthy_history_shows_no_difference) {
    make_history(*here);
    for (const auto& each : here->verify())
        ADD_FAILURE() << each.what << " " << each.where << ": expected " << each.expected << ", found " << each.found;
}

TEST_P(over_databases, every_planted_damage_is_found) {
    struct row {
        const char* damage;
        const char* what;
        const char* where;
    };
    const row rows[] = {
        {"UPDATE counters SET windows = replace(windows, 'total 0 210 ', 'total 0 211 ')", "counter", "acme/feature=f"},
        {"UPDATE counters SET windows = replace(windows, ' 210 100 5 ', ' 210 101 5 ')", "counter", "acme/tenant"},
        {"UPDATE counters SET windows = replace(windows, ' 210 100 5 ', ' 210 100 6 ')", "counter", "acme/tenant"},
        {"DELETE FROM counters WHERE scope = 'tenant'", "counter", "acme/tenant"},
        {"INSERT INTO counters (tenant, scope, windows) VALUES ('zeta', 's', 'total 0 3 0 0 0 0 0\n')", "counter",
         "zeta/s"},
        {"UPDATE balances SET credited = credited + 1 WHERE tenant = 'beta'", "balance", "beta/credited"},
        {"UPDATE balances SET spent = spent + 1 WHERE tenant = 'acme'", "balance", "acme/prepaid"},
        {"UPDATE balances SET held = held + 1 WHERE tenant = 'acme'", "held", "acme/prepaid"},
        {"UPDATE grants SET remaining = remaining - 1 WHERE tenant = 'beta'", "balance", "beta/grants"},
        {"DELETE FROM entries WHERE kind = 'charge' AND leg = 0", "entries", "acme/revenue"},
        {"UPDATE entries SET amount = amount + 1 WHERE kind = 'top_up' AND tenant = 'beta'", "balance",
         "beta/credited"},
        {"DELETE FROM reservations", "counter", "acme/tenant"},
        {"DELETE FROM reservations", "held", "acme/prepaid"},
        {"UPDATE usage_events SET charged = charged + 1 WHERE ended = 'settled'", "counter", "acme/tenant"},
        {"DELETE FROM usage_events WHERE ended = 'released'", "counter", "acme/feature=f"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.damage);
        here = world::make(GetParam());
        make_history(*here);
        ASSERT_TRUE(here->verify().empty());
        here->sql(r.damage);
        EXPECT_TRUE(names(here->verify(), r.what, r.where));
    }
}

TEST_P(over_databases, verification_reports_progress_and_takes_one_tenant) {
    make_history(*here);
    here->sql("UPDATE counters SET windows = replace(windows, ' 210 100 5 ', ' 211 100 5 ') WHERE tenant = 'acme'");
    const auto db = accounts();
    std::vector<std::pair<std::size_t, std::size_t>> progress;
    const auto all =
        db->verify(std::nullopt, [&](std::size_t done, std::size_t of) { progress.emplace_back(done, of); });
    ASSERT_TRUE(all.has_value());
    EXPECT_EQ(all->size(), 2u);
    EXPECT_EQ(progress.back(), (std::pair<std::size_t, std::size_t>{2, 2}));
    EXPECT_TRUE(db->verify("beta", {})->empty());
    EXPECT_EQ(db->verify("acme", {})->size(), 2u);
}

}
