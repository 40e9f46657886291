#include "support.hpp"

namespace tollgate::config {
namespace {

using test::reading;

// Reads the value of "v: ..." with one reader.
template <class Read>
auto read(const std::string& text, Read reader, std::string* faults = nullptr, std::string* canonical = nullptr) {
    reading got("v: " + text + "\n");
    EXPECT_TRUE(got.tree) << got.all_errors();
    node& value = *got.tree->find("v");
    const auto result = reader(value, got.at);
    if (faults != nullptr) *faults = got.all_errors();
    if (canonical != nullptr) *canonical = value.canonical;
    EXPECT_EQ(result.has_value(), got.errors.empty()) << got.all_errors();
    return result;
}

TEST(scalar, money_is_exact_or_refused) {
    struct row {
        const char* text;
        std::optional<std::int64_t> nano;
        const char* canonical;
    };
    const row rows[] = {
        {"500", 500'000'000'000, "500"},
        {"0.10", 100'000'000, "0.1"},
        {"\"0.28\"", 280'000'000, "0.28"},
        {"0.000000001", 1, "0.000000001"},
        {"0", 0, "0"},
        {"1000000000", 1'000'000'000'000'000'000, "1000000000"},
        {"1000000000.000000001", std::nullopt, ""},
        {"0.0000000001", std::nullopt, ""},
        {"-1", std::nullopt, ""},
        {"1e2", 100'000'000'000, "100"},
        {"5e-05", 50'000, "0.00005"},
        {"1.25e-7", 125, "0.000000125"},
        {"1.5E+3", 1'500'000'000'000, "1500"},
        {"12.5e0", 12'500'000'000, "12.5"},
        {"1e-9", 1, "0.000000001"},
        {"1e-10", std::nullopt, ""},
        {"1e9", 1'000'000'000'000'000'000, "1000000000"},
        {"1e10", std::nullopt, ""},
        {"1e-99999999999999999999", std::nullopt, ""},
        {"1e", std::nullopt, ""},
        {"e5", std::nullopt, ""},
        {"1e1.5", std::nullopt, ""},
        {"1.e5", std::nullopt, ""},
        {"1e+-5", std::nullopt, ""},
        {"-1e2", std::nullopt, ""},
        {"1_000", std::nullopt, ""},
        {"0x10", std::nullopt, ""},
        {".inf", std::nullopt, ""},
        {"'5 '", std::nullopt, ""},
        {"[5]", std::nullopt, ""},
        {"${FIVE}", 5'000'000'000, "5"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        std::string canonical;
        const auto got = read(r.text, read_money, nullptr, &canonical);
        ASSERT_EQ(got.has_value(), r.nano.has_value());
        if (!got) continue;
        EXPECT_EQ(got->count(), *r.nano);
        EXPECT_EQ(canonical, r.canonical);
    }
}

TEST(scalar, a_rate_is_nano_usd_per_million_tokens) {
    EXPECT_EQ(read("0.0028", read_rate), 2'800'000);
    EXPECT_EQ(read("10000", read_rate), limits::price_nano_per_million_max);
    EXPECT_FALSE(read("10000.000000001", read_rate));
    EXPECT_FALSE(read("-0.1", read_rate));
}

TEST(scalar, thousandths_take_three_decimals) {
    EXPECT_EQ(read("1.25", read_permille<>), 1250);
    EXPECT_EQ(read("1.1250", read_permille<>), 1125);
    EXPECT_FALSE(read("1.1251", read_permille<>));
    EXPECT_EQ(read("2", read_permille<2000>), 2000);
    EXPECT_FALSE(read("2.001", read_permille<2000>));
}

TEST(scalar, counts_are_whole_and_bounded) {
    EXPECT_EQ((read("1", read_count<1, 9>)), 1);
    EXPECT_EQ((read("9", read_count<1, 9>)), 9);
    for (const char* text : {"0", "10", "1.0", "1e0", "x", "+5", "\"\"", "99999999999999999999", "'5 '"})
        EXPECT_FALSE((read(text, read_count<1, 9>))) << text;
}

TEST(scalar, durations_need_a_unit) {
    struct row {
        const char* text;
        std::optional<std::uint32_t> ms;
    };
    const row rows[] = {
        {"500ms", 500},
        {"60s", 60'000},
        {"15m", 900'000},
        {"1h", 3'600'000},
        {"2 s", 2'000},
        {"60", std::nullopt},
        {"1.5s", std::nullopt},
        {"-1s", std::nullopt},
        {"1w", std::nullopt},
        {"s", std::nullopt},
        {"99ms", std::nullopt},
        {"100ms", 100},
        {"61m", std::nullopt},
        {"18446744073709551615d", std::nullopt},
        {"9223372036854775807d", std::nullopt},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        EXPECT_EQ((read(r.text, read_ms<100, 3'600'000>)), r.ms);
    }
    std::string one, other;
    read("60s", read_ms<1, 100'000>, nullptr, &one);
    read("1m", read_ms<1, 100'000>, nullptr, &other);
    EXPECT_EQ(one, other);
}

TEST(scalar, sizes_take_bytes_and_binary_units) {
    const auto size = [](node& value, context& at) { return read_bytes(value, 1024, 64 << 20, at); };
    EXPECT_EQ(read("16MiB", size), 16u << 20);
    EXPECT_EQ(read("1024", size), 1024u);
    EXPECT_FALSE(read("1023", size));
    EXPECT_FALSE(read("65MiB", size));
    EXPECT_FALSE(read("16MB", size));
}

TEST(scalar, flags_are_true_or_false_only) {
    EXPECT_EQ(read("true", read_flag), true);
    EXPECT_EQ(read("false", read_flag), false);
    for (const char* text : {"yes", "on", "1", "True", "[]"}) EXPECT_FALSE(read(text, read_flag)) << text;
}

TEST(scalar, names_are_bounded_and_free_of_control_characters) {
    EXPECT_EQ(read("support team", read_name), "support team");
    EXPECT_TRUE(read(std::string(128, 'a'), read_name));
    EXPECT_FALSE(read(std::string(129, 'a'), read_name));
    EXPECT_FALSE(read("\"a\\tb\"", read_name));
    EXPECT_FALSE(read("\" a\"", read_name));
    EXPECT_FALSE(read("\"\"", read_name));
    EXPECT_EQ(read("gpt-5.1", read_id), "gpt-5.1");
    EXPECT_FALSE(read("a b", read_id));
    EXPECT_FALSE(read("\"a`b\"", read_id));
}

TEST(scalar, lists_of_names_take_one_or_many_and_refuse_repetition) {
    EXPECT_EQ(read("[a, b]", read_names), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(read("a", read_names), std::vector<std::string>{"a"});
    reading got("v: [a, a]\n");
    read_names(*got.tree->find("v"), got.at);
    EXPECT_EQ(got.all_errors(), "f.yaml:1:8: `a` appears twice\n");
}

TEST(scalar, a_fault_shows_the_reference_and_not_what_it_stands_for) {
    std::string faults;
    read("${SET}", read_money, &faults);
    EXPECT_NE(faults.find("`${SET}`"), std::string::npos);
    EXPECT_EQ(faults.find("`value`"), std::string::npos);
}

TEST(nearest, finds_slips_and_stays_silent_on_strangers) {
    constexpr std::string_view known[] = {"monthly_budget_usd", "hard_stop_usd", "limits", "name"};
    EXPECT_EQ(nearest("monthly_buget_usd", known), "monthly_budget_usd");
    EXPECT_EQ(nearest("limtis", known), "limits");
    EXPECT_EQ(nearest("nmae", known), "name");
    EXPECT_EQ(nearest("hard_stop", known), "hard_stop_usd");
    EXPECT_EQ(nearest("budget_usd", known), "monthly_budget_usd");
    EXPECT_EQ(nearest("Hard_Stop_USD", known), "hard_stop_usd");
    EXPECT_EQ(nearest("hardStopUsd", known), "hard_stop_usd");
    EXPECT_EQ(nearest("usd", known), "hard_stop_usd");
    EXPECT_EQ(nearest("zzzzzzzz", known), "");
    EXPECT_EQ(nearest("", known), "");
    EXPECT_EQ(nearest(std::string(10'000, 'n'), known), "");
}

}
}
