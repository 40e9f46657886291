#include <tollgate/store/codec.hpp>

#include <gtest/gtest.h>

namespace tollgate::store {

TEST(codec, lists_of_counters_survive_any_scope) {
    using list = std::vector<ledger::touched>;
    const list lists[] = {
        {},
        {{"tenant", window::total, 0}},
        {{"tenant", window::month, 1'782'864'000}, {"feature=support", window::minute, 1'782'864'060}},
        {{"agent=a:1;feature=2:x", window::day, -86'400}},
        {{"", window::hour, 0}, {"5:tenant", window::week, 7}},
        {{std::string("a\0b\nc", 5), window::month, INT64_MAX}},
    };
    for (const list& rows : lists) {
        const std::string text = pack_touched(rows);
        SCOPED_TRACE(text);
        const auto back = unpack_touched(text);
        ASSERT_TRUE(back.has_value());
        EXPECT_EQ(*back, rows);
    }
    EXPECT_EQ(pack_touched({{"tenant", window::total, 0}}), "50:6:tenant"); // stored: may not change
}

TEST(codec, damaged_lists_are_refused) {
    for (const char* text : {"6", "60:1:a", "50:6:tenan", "50:-1:", "5x:1:a", "50:1a", "50:6:tenantx", ":", "50:"}) {
        SCOPED_TRACE(text);
        EXPECT_FALSE(unpack_touched(text).has_value());
    }
}

TEST(codec, rare_token_kinds_take_no_room_when_there_are_none) {
    usage plain;
    plain.prompt_tokens = 5;
    EXPECT_EQ(pack_other_usage(plain), "");
    usage all{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    usage back{1, 2, 0, 0, 5, 0, 0, 0, 0, 0};
    ASSERT_TRUE(unpack_other_usage(pack_other_usage(all), back));
    EXPECT_EQ(back, all);
    for (const char* text : {"1,2", "1,2,3,4,5,6,7", "1,2,3,4,5,6,7,8,", "a,", "1,2,3,4,5,6,,"}) {
        SCOPED_TRACE(text);
        EXPECT_FALSE(unpack_other_usage(text, back));
    }
}

TEST(codec, names_are_read_back_and_others_refused) {
    using enum ledger::account;
    for (const ledger::account each : {prepaid, receivable, revenue, cash_clearing, promo_expense, refunds, breakage,
                                       adjustments, provider_cost, provider_payable})
        EXPECT_EQ(parse_account(ledger::name_of(each)), each);
    for (const auto each : {ledger::ending::settled, ledger::ending::released, ledger::ending::expired})
        EXPECT_EQ(parse_ending(ledger::name_of(each)), each);
    for (const auto each : {ledger::funding::purchase, ledger::funding::promo, ledger::funding::plan,
                            ledger::funding::refund, ledger::funding::adjustment})
        EXPECT_EQ(parse_funding(name_of(each)), each);
    for (const auto each :
         {ledger::unknown_usage::charge_estimate, ledger::unknown_usage::charge_input, ledger::unknown_usage::release})
        EXPECT_EQ(parse_unknown_usage(name_of(each)), each);
    for (const auto each : {cost_source::provider_usage, cost_source::counted, cost_source::estimated})
        EXPECT_EQ(parse_cost_source(tollgate::name_of(each)), each);
    EXPECT_FALSE(parse_account("Prepaid").has_value());
    EXPECT_FALSE(parse_ending("").has_value());
}

TEST(codec, lists_of_names_go_a_line_each) {
    for (const std::vector<std::string>& lines : {std::vector<std::string>{}, {"a"}, {"a", "b c"}})
        EXPECT_EQ(unpack_lines(pack_lines(lines)), lines);
}

}
