#include <tollgate/cli/table.hpp>

#include <gtest/gtest.h>

namespace tollgate::cli {

TEST(cli_table, columns_are_as_wide_as_their_widest_cell) {
    table rows({{"name"}, {"usd", true}});
    rows.add({"a", "1.00"}).add({"a longer one", "-12.50"});
    EXPECT_EQ(rows.text(), "name             usd\n"
                           "a               1.00\n"
                           "a longer one  -12.50\n");
}

TEST(cli_table, no_line_ends_in_spaces) {
    table rows({{"id"}, {"label"}});
    rows.add({"1", ""}).add({"2", "some label"});
    EXPECT_EQ(rows.text(), "id  label\n1\n2   some label\n");
}

TEST(cli_table, width_counts_characters_and_not_bytes) {
    table rows({{"name"}, {"x"}});
    rows.add({"Zoë", "1"}).add({"Zoea", "2"});
    EXPECT_EQ(rows.text(), "name  x\nZoë   1\nZoea  2\n");
}

TEST(cli_table, control_characters_do_not_reach_the_terminal) {
    table rows({{"label"}});
    rows.add({"red \x1b[31m and\na new line"});
    EXPECT_EQ(rows.text(), "label\nred ?[31m and?a new line\n");
    EXPECT_EQ(printable("\x7f\x1f ~"), "?? ~");
}

TEST(cli_table, a_table_without_rows_says_so) {
    table rows({{"label"}});
    EXPECT_TRUE(rows.empty());
    rows.add({""});
    EXPECT_FALSE(rows.empty());
}

TEST(cli_table, facts_align_their_values_and_leave_out_empty_ones) {
    EXPECT_EQ(facts_text({{"tenant", "acme"}, {"a long name that is empty", ""}, {"available", "1.00 USD"}}),
              "tenant     acme\navailable  1.00 USD\n");
    EXPECT_EQ(facts_text({}), "");
}

}
