#include "../../../src/postgres/connection.hpp"
#include "../../../src/postgres/statements.hpp"
#include "../../../src/postgres/wire.hpp"

#include <tollgate/postgres/postgres_database.hpp>

#include <gtest/gtest.h>

#include <set>

namespace tollgate::postgres {

namespace {

using store::column;
using store::column_type;

std::string bytes_of(const parameters& of, std::size_t i) {
    return {of.values[i], static_cast<std::size_t>(of.lengths[i])};
}

std::string hex(const std::string& bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

}

TEST(wire, rows_become_one_array_a_column) {
    const std::array columns{column{"a", column_type::text}, column{"b", column_type::number}};
    arrays out(columns);
    out.text("ab").number(1);
    out.text("").null();
    const parameters& sent = out.finish();
    ASSERT_EQ(sent.values.size(), 2u);
    EXPECT_EQ(out.rows(), 2u);
    EXPECT_EQ(hex(bytes_of(sent, 0)), "00000001"
                                      "00000000"
                                      "00000019"
                                      "00000002"
                                      "00000001"
                                      "00000002"
                                      "6162"
                                      "00000000");
    EXPECT_EQ(hex(bytes_of(sent, 1)), "00000001"
                                      "00000001"
                                      "00000014"
                                      "00000002"
                                      "00000001"
                                      "00000008"
                                      "0000000000000001"
                                      "ffffffff");
    out.clear();
    EXPECT_TRUE(out.empty());
    out.text("c").number(-1);
    EXPECT_EQ(hex(bytes_of(out.finish(), 1)), "00000001"
                                              "00000000"
                                              "00000014"
                                              "00000001"
                                              "00000001"
                                              "00000008"
                                              "ffffffffffffffff");
}

TEST(wire, single_values_are_binary) {
    scalars out;
    out.text("x").id(request_id(1, 2)).flag(true).time(instant{946'684'800'000'001}).null();
    const parameters& sent = out.finish();
    EXPECT_EQ(bytes_of(sent, 0), "x");
    EXPECT_EQ(hex(bytes_of(sent, 1)), "00000000000000010000000000000002");
    EXPECT_EQ(hex(bytes_of(sent, 2)), "01");
    EXPECT_EQ(hex(bytes_of(sent, 3)), "0000000000000001");
    EXPECT_EQ(sent.values[4], nullptr);
    EXPECT_EQ(sent.formats, std::vector<int>(5, 1));
}

TEST(wire, text_that_the_server_would_refuse_is_escaped) {
    struct row {
        std::string given, stored;
    };
    const row rows[] = {
        {"plain", "plain"},
        {"caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
        {"\xff", "\xef\x9f\xbf"},
        {std::string("\0", 1), "\xef\x9c\x80"},
        {"\xed\xa0\x80", "\xef\x9f\xad\xef\x9e\xa0\xef\x9e\x80"}, // a surrogate
        {"\xc0\xaf", "\xef\x9f\x80\xef\x9e\xaf"},                 // overlong
        {"\xe2\x82", "\xef\x9f\xa2\xef\x9e\x82"},                 // cut short
        {"\xef\x9c\x80", "\xef\x9f\xaf\xef\x9e\x9c\xef\x9e\x80"}, // an escape itself
    };
    for (const row& r : rows) {
        scalars out;
        out.text(r.given);
        EXPECT_EQ(bytes_of(out.finish(), 0), r.stored);
    }
}

TEST(wire, the_month_of_a_request_starts_on_its_first_day) {
    struct row {
        std::int64_t ms;
        std::int32_t days;
    };
    const row rows[] = {
        {0, -10'957},               // 1970-01-01
        {946'684'800'000, 0},       // 2000-01-01
        {951'782'400'000 - 1, 31},  // 2000-02-28T23:59:59.999 -> 2000-02-01
        {1'782'863'999'999, 9'648}, // 2026-06-30 -> 2026-06-01
        {1'782'864'000'000, 9'678}, // 2026-07-01
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.ms);
        EXPECT_EQ(month_of(request_id::make(r.ms, 1, 1)), r.days);
    }
}

TEST(wire, every_statement_has_its_own_name) {
    std::set<std::string> names;
    for (const statement& each : ledger_statements()) names.insert(name_of(each.which));
    EXPECT_EQ(names.size(), ledger_statements().size());
}

TEST(wire, sqlstates_are_conflicts_bugs_or_outages) {
    struct row {
        const char* state;
        store_fault fault;
    };
    const row rows[] = {
        {"40P01", store_fault::conflict},    {"40001", store_fault::conflict},    {"55P03", store_fault::conflict},
        {"23505", store_fault::conflict},    {"23514", store_fault::corrupt},     {"42P01", store_fault::corrupt},
        {"22021", store_fault::corrupt},     {"08006", store_fault::unavailable}, {"57P01", store_fault::unavailable},
        {"53100", store_fault::unavailable}, {"57014", store_fault::unavailable}, {"25006", store_fault::unavailable},
    };
    for (const row& r : rows) EXPECT_EQ(fault_of(r.state), r.fault) << r.state;
}

TEST(postgres_database, its_description_has_no_credentials) {
    const auto db = open_database("postgresql://someone:hidden@db.internal:5433/ledger?sslmode=require");
    EXPECT_EQ(db->description(), "postgresql://db.internal/ledger");
}

}
