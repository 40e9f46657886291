#include <tidy/banned.hpp>
#include <tidy/layers.hpp>
#include <tidy/sizes.hpp>
#include <tidy/tree.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace tollgate::tidy {

namespace {

const std::vector<source_file>& tree() {
    static const std::vector<source_file> files = read_tree(TOLLGATE_SOURCE_DIR);
    return files;
}

template <class Check>
std::vector<finding> over_the_tree(Check check) {
    std::vector<finding> all;
    for (const source_file& file : tree()) {
        for (finding& f : check(file)) all.push_back(std::move(f));
    }
    return all;
}

const source_file* file_at(std::string_view path) {
    const auto at = std::ranges::find(tree(), path, &source_file::path);
    return at == tree().end() ? nullptr : &*at;
}

std::vector<finding> everything() {
    std::vector<finding> all;
    for (auto check : {check_layers, check_banned_code, check_forbidden_text, check_sizes}) {
        for (finding& f : over_the_tree(check)) all.push_back(std::move(f));
    }
    return all;
}

void expect_none(const std::vector<finding>& found) { EXPECT_TRUE(found.empty()) << report(found); }

TEST(tree, holds_the_files_that_the_rules_are_for) {
    EXPECT_NE(file_at("include/tollgate/core/money.hpp"), nullptr);
    EXPECT_NE(file_at("src/main.cpp"), nullptr);
    EXPECT_NE(file_at("Makefile"), nullptr);
    EXPECT_GT(tree().size(), 100U);
}

TEST(tree, includes_point_upward) { expect_none(without_exceptions(over_the_tree(check_layers))); }

TEST(tree, has_no_banned_calls) { expect_none(without_exceptions(over_the_tree(check_banned_code))); }

TEST(tree, names_no_machine_and_leaves_nothing_to_do) {
    expect_none(without_exceptions(over_the_tree(check_forbidden_text)));
}

TEST(tree, keeps_files_functions_and_lines_short) { expect_none(without_exceptions(over_the_tree(check_sizes))); }

TEST(tree, is_what_its_map_says) {
    const source_file* map = file_at("src/README.md");
    ASSERT_NE(map, nullptr);
    expect_none(check_map(tree(), *map));
}

TEST(tree, needs_every_exception) { expect_none(idle_exceptions(everything())); }

}

}
