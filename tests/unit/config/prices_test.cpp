#include "support.hpp"

#include <tollgate/config/prices_file.hpp>

namespace tollgate::config {
namespace {

using test::reading;

struct read_result {
    price_book book;
    reading from;
    explicit read_result(const std::string& text) : from(text) { read_prices(*from.tree, book, from.at); }
};

// A book of rows for one model; each row is what follows "provider: p, model: m, ".
read_result rows(std::initializer_list<const char*> each) {
    std::string text = "version: v1\nprices:\n";
    for (const char* row : each) text += "  - {provider: p, model: m, " + std::string(row) + "}\n";
    return read_result(text);
}

TEST(prices, every_field_becomes_integers_exactly) {
    const read_result got(R"(
version: 2026-11
prices:
  - provider: p
    model: m
    also_named: [m-2026-01-01]
    input: 0.0028
    cached_input: 0.000000001
    cache_write: 12.5
    cache_write_1h: 20
    output: 10000
    reasoning: 1
    audio_input: 2
    audio_output: 3
    image_input: 4
    per_request_usd: 0.001
    per_tool_call_usd: 0.01
    long_context: {above_tokens: 200000, input: 5, output: 10000, cached_input: 0.4}
    multipliers: {flex: 0.5, priority: 2.5, batch: 0.5, region: 1.1}
    effective_from: 2026-01-01
    effective_to: 2026-07-01T12:00:00Z
)");
    ASSERT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    EXPECT_EQ(got.book.version, "2026-11");
    EXPECT_EQ(got.book.count, 1u);
    const auto& series = got.book.rows.at("p/m");
    ASSERT_EQ(series.size(), 1u);
    EXPECT_EQ(series, got.book.rows.at("p/m-2026-01-01"));
    const price& one = series[0];
    EXPECT_EQ(one.rates.input, 2'800'000);
    EXPECT_EQ(one.rates.cached_input, 1);
    EXPECT_EQ(one.rates.cache_write, 12'500'000'000);
    EXPECT_EQ(one.rates.cache_write_1h, 20'000'000'000);
    EXPECT_EQ(one.rates.output, 10'000'000'000'000);
    EXPECT_EQ(one.rates.reasoning, 1'000'000'000);
    EXPECT_EQ(one.rates.audio_input, 2'000'000'000);
    EXPECT_EQ(one.rates.audio_output, 3'000'000'000);
    EXPECT_EQ(one.rates.image_input, 4'000'000'000);
    EXPECT_EQ(one.per_request.count(), 1'000'000);
    EXPECT_EQ(one.per_tool_call.count(), 10'000'000);
    ASSERT_TRUE(one.long_tier);
    EXPECT_EQ(one.long_tier->above_tokens, 200'000);
    EXPECT_EQ(one.long_tier->rates.cached_input, 400'000'000);
    EXPECT_EQ(one.flex_permille, 500);
    EXPECT_EQ(one.priority_permille, 2500);
    EXPECT_EQ(one.batch_permille, 500);
    EXPECT_EQ(one.region_permille, 1100);
    EXPECT_EQ(to_rfc3339(one.effective_from), "2026-01-01T00:00:00Z");
    ASSERT_TRUE(one.effective_to);
    EXPECT_EQ(to_rfc3339(*one.effective_to), "2026-07-01T12:00:00Z");
}

TEST(prices, absent_rates_stay_absent) {
    const read_result got = rows({"input: 1, output: 2, effective_from: 2026-01-01"});
    const price& one = got.book.rows.at("p/m")[0];
    EXPECT_FALSE(one.rates.cached_input);
    EXPECT_FALSE(one.long_tier);
    EXPECT_FALSE(one.effective_to);
    EXPECT_EQ(one.priority_permille, 1000);
}

TEST(prices, what_bills_tokens_must_have_a_price) {
    struct row {
        const char* text;
        const char* expected;
    };
    const row each[] = {
        {"output: 2, effective_from: 2026-01-01", "`input` is missing"},
        {"input: 1, effective_from: 2026-01-01", "`output` is missing"},
        {"input: null, output: 2, effective_from: 2026-01-01", "`input` has no value"},
        {"input: -1, output: 2, effective_from: 2026-01-01", "must not be negative"},
        {"input: 10000.1, output: 2, effective_from: 2026-01-01", "is over 10000 USD per million tokens"},
        {"input: 1, output: 2", "`effective_from` is missing"},
        {"input: 1, output: 2, effective_from: soon", "`soon` is not a date"},
        {"input: 1, output: 2, effective_from: 2026-02-30", "is not a date"},
        {"input: 1, output: 2, effective_from: 2026-01-02, effective_to: 2026-01-02", "`effective_to` must be after"},
        {"input: 1, output: 2, effective_from: 2026-01-01, long_context: {above_tokens: 5, input: 1}",
         "`output` is missing"},
        {"input: 1, output: 2, effective_from: 2026-01-01, long_context: {input: 1, output: 1}",
         "`above_tokens` is missing"},
        {"input: 1, output: 2, effective_from: 2026-01-01, multipliers: {flex: 0.5005}", "at most three decimals"},
        {"input: 1, output: 2, effective_from: 2026-01-01, ouput: 3", "did you mean `output`?"},
    };
    for (const row& r : each) {
        SCOPED_TRACE(r.text);
        const read_result got = rows({r.text});
        EXPECT_TRUE(got.from.says(r.expected)) << got.from.all_errors();
    }
    EXPECT_TRUE(read_result("prices: []\n").from.says("`version` is missing"));
    EXPECT_TRUE(read_result("version: v\nprices: {}\n").from.says("must be a list of rows"));
    EXPECT_TRUE(read_result("version: v\nprices: [null]\n").from.says("an empty row"));
}

TEST(prices, rows_are_ordered_and_an_open_end_is_closed_by_the_next_row) {
    const read_result got =
        rows({"input: 3, output: 3, effective_from: 2026-03-01", "input: 1, output: 1, effective_from: 2026-01-01",
              "input: 2, output: 2, effective_from: 2026-02-01, effective_to: 2026-02-15"});
    ASSERT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    const auto& series = got.book.rows.at("p/m");
    ASSERT_EQ(series.size(), 3u);
    EXPECT_EQ(series[0].rates.input, 1'000'000'000);
    EXPECT_EQ(series[0].effective_to, series[1].effective_from);
    EXPECT_EQ(to_rfc3339(*series[1].effective_to), "2026-02-15T00:00:00Z");
    EXPECT_FALSE(series[2].effective_to);
}

TEST(prices, overlapping_dates_are_refused_and_touching_ones_are_not) {
    const char* first = "input: 1, output: 1, effective_from: 2026-01-01, effective_to: 2026-02-01";
    EXPECT_TRUE(rows({first, "input: 1, output: 1, effective_from: 2026-02-01"}).from.errors.empty());
    EXPECT_TRUE(
        rows({first, "input: 1, output: 1, effective_from: 2026-01-31"}).from.says("overlaps the row on line 3"));
    EXPECT_TRUE(
        rows({"input: 1, output: 1, effective_from: 2026-01-01", "input: 1, output: 1, effective_from: 2026-01-01"})
            .from.says("overlaps the row on line 3"));
}

TEST(prices, a_price_over_100_times_its_predecessor_is_refused) {
    struct row {
        const char* before;
        const char* after;
        bool refused;
    };
    const row each[] = {
        {"input: 1, output: 1", "input: 100, output: 1", false},
        {"input: 1, output: 1", "input: 100.000000001, output: 1", true},
        {"input: 1, output: 0.5", "input: 1, output: 51", true},
        {"input: 0, output: 1", "input: 9, output: 1", false},
        {"input: 1, output: 1, cached_input: 0.001", "input: 1, output: 1, cached_input: 0.2", true},
        {"input: 1, output: 1, per_request_usd: 0.01", "input: 1, output: 1, per_request_usd: 1.01", true},
        {"input: 100, output: 1", "input: 0.001, output: 1", false},
    };
    for (const row& r : each) {
        SCOPED_TRACE(r.after);
        const std::string before = std::string(r.before) + ", effective_from: 2026-01-01";
        const std::string after = std::string(r.after) + ", effective_from: 2026-02-01";
        const read_result got = rows({before.c_str(), after.c_str()});
        EXPECT_EQ(got.from.says("is over 100 times its predecessor on line 3"), r.refused) << got.from.all_errors();
    }
}

}
}
