#include <tollgate/cli/progress.hpp>

#include <gtest/gtest.h>
#include <sstream>

namespace tollgate::cli {

TEST(cli_progress, nothing_is_written_where_nobody_looks) {
    std::ostringstream out;
    {
        progress bar(out, false, "verifying");
        bar.at(1, 2);
    }
    EXPECT_EQ(out.str(), "");
}

TEST(cli_progress, shows_how_far_and_removes_itself) {
    std::ostringstream out;
    {
        progress bar(out, true, "verifying");
        bar.at(1, 2);
        EXPECT_EQ(out.str(), "\rverifying [###############...............] 50 %");
    }
    EXPECT_EQ(out.str().substr(out.str().size() - 2), " \r");
}

TEST(cli_progress, the_same_line_is_not_written_twice) {
    std::ostringstream out;
    progress bar(out, true, "w");
    bar.at(5'000, 1'000'000);
    const std::string before = out.str();
    bar.at(5'001, 1'000'000);
    EXPECT_EQ(out.str(), before);
    bar.at(10'000, 1'000'000);
    EXPECT_NE(out.str(), before);
}

TEST(cli_progress, an_unknown_or_surpassed_total_is_no_failure) {
    std::ostringstream out;
    progress bar(out, true, "w");
    bar.at(7, 0);
    EXPECT_EQ(out.str(), "\rw 7");
    bar.at(9, 3);
    EXPECT_NE(out.str().find("100 %"), std::string::npos);
}

}
