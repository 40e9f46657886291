#include "world.hpp"

#include <tollgate/store/price_store.hpp>

namespace tollgate::test {

namespace {

price_baseline baseline(std::string tenant, std::string model, std::int64_t input) {
    price_baseline row;
    row.tenant = std::move(tenant);
    row.provider = "p";
    row.model = std::move(model);
    row.approved.rates.input = input;
    row.approved.rates.cached_input = 0;
    row.actor = "first_seen";
    return row;
}

std::int64_t input_of(const std::vector<price_baseline>& rows, std::size_t index) {
    return rows.at(index).approved.rates.input;
}

}

TEST_P(over_databases, the_first_price_seen_stays_until_another_is_approved) {
    const auto prices = here->database()->open_prices().value();
    EXPECT_TRUE(prices->list().value().empty());
    const std::vector first{baseline("", "a", 10), baseline("", "b", 20)};
    ASSERT_TRUE(prices->remember(first).has_value());
    const std::vector later{baseline("", "a", 99), baseline("", "c", 30)};
    ASSERT_TRUE(prices->remember(later).has_value());
    auto rows = prices->list().value();
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(input_of(rows, 0), 10);
    EXPECT_EQ(rows[0].approved.rates.cached_input, 0);
    EXPECT_EQ(rows[0].actor, "first_seen");
    EXPECT_EQ(input_of(rows, 2), 30);

    price_baseline approved = baseline("", "a", 99);
    approved.actor = "ann";
    ASSERT_TRUE(prices->approve(approved).has_value());
    rows = prices->list().value();
    EXPECT_EQ(input_of(rows, 0), 99);
    EXPECT_EQ(rows[0].actor, "ann");
    EXPECT_GE(rows[0].at, rows[1].at);
}

TEST_P(over_databases, a_price_approved_for_one_tenant_is_a_row_of_its_own) {
    const auto prices = here->database()->open_prices().value();
    const std::vector first{baseline("", "a", 10)};
    ASSERT_TRUE(prices->remember(first).has_value());
    ASSERT_TRUE(prices->approve(baseline("acme", "a", 15)).has_value());
    const price_baselines rows(here->database()->open_prices().value()->list().value());
    EXPECT_EQ(rows.find("acme", "p", "a")->rates.input, 15);
    EXPECT_EQ(rows.find("other", "p", "a")->rates.input, 10);
}

}
