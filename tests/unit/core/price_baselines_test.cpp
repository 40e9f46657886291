#include <tollgate/core/price_baselines.hpp>

#include <gtest/gtest.h>

namespace tollgate {
namespace {

price priced(std::int64_t input, std::int64_t output) {
    price out;
    out.rates.input = input;
    out.rates.output = output;
    return out;
}

price with_everything() {
    price out = priced(1, 2);
    out.rates.cached_input = 0;
    out.rates.cache_write_1h = 5;
    out.rates.image_input = 9;
    price::long_context long_tier;
    long_tier.above_tokens = 272'000;
    long_tier.rates.output = 4;
    long_tier.rates.reasoning = 7;
    out.long_tier = long_tier;
    out.per_request = usd_nano(11);
    out.per_tool_call = usd_nano(12);
    out.flex_permille = 500;
    out.priority_permille = 2'000;
    out.region_permille = 1'100;
    return out;
}

TEST(price_text, reads_back_to_the_same) {
    for (const price& terms : {price{}, priced(250'000'000, 2'000'000'000), with_everything()}) {
        const auto back = parse_price(to_text(terms));
        ASSERT_TRUE(back.has_value()) << to_text(terms);
        EXPECT_EQ(*back, terms);
    }
}

TEST(price_text, what_is_not_one_is_refused) {
    const std::string good = to_text(with_everything());
    EXPECT_FALSE(parse_price(""));
    EXPECT_FALSE(parse_price("1"));
    EXPECT_FALSE(parse_price("2" + good.substr(1)));
    EXPECT_FALSE(parse_price(good + " 1"));
    EXPECT_FALSE(parse_price(good.substr(0, good.size() - 2)));
    EXPECT_FALSE(parse_price("1 -5" + good.substr(3)));
}

TEST(price_baselines, a_tenants_own_and_everybodys_the_newer_one_counts) {
    const price old = priced(1, 1), own = priced(2, 2), everybodys = priced(3, 3);
    const auto found = [&](std::int64_t own_at, std::int64_t all_at, std::string_view who) {
        const price_baselines rows({{"", "p", "m", everybodys, instant{all_at}, "a"},
                                    {"acme", "p", "m", own, instant{own_at}, "a"},
                                    {"", "p", "other", old, instant{9}, "a"}});
        return *rows.find(who, "p", "m");
    };
    EXPECT_EQ(found(2, 1, "acme"), own);
    EXPECT_EQ(found(1, 2, "acme"), everybodys);
    EXPECT_EQ(found(2, 1, "other"), everybodys);
    EXPECT_EQ(price_baselines().find("acme", "p", "m"), nullptr);
}

}
}
