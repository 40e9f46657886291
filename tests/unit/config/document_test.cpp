#include "support.hpp"

namespace tollgate::config {
namespace {

using test::reading;

TEST(document, marks_count_from_one_and_point_at_the_value) {
    const reading got("a: 1\nb:\n  c: [x, y]\n");
    ASSERT_TRUE(got.tree);
    const node* c = got.tree->find("b")->find("c");
    EXPECT_EQ(got.tree->find("a")->line, 1u);
    EXPECT_EQ(got.tree->find("a")->column, 4u);
    EXPECT_EQ(c->items[1].line, 3u);
    EXPECT_EQ(c->items[1].column, 10u);
}

TEST(document, an_absent_value_is_marked_at_its_key) {
    const reading got("a:\nb: 1\n");
    EXPECT_EQ(got.tree->find("a")->what, node::kind::null);
    EXPECT_EQ(got.tree->find("a")->line, 1u);
}

TEST(document, a_repeated_key_is_an_error_at_its_place_that_names_the_first) {
    const reading got("a: 1\nb: 2\n\na: 3\n");
    EXPECT_EQ(got.all_errors(), "f.yaml:4:1: the key `a` appears twice; first on line 1\n");
    EXPECT_EQ(got.tree->find("a")->text, "1");
}

TEST(document, json_is_read_like_yaml) {
    const reading got("{\"a\":\"b\",\"n\":500,\n\t\"list\":[1,2],\"flag\":true,\"none\":null}");
    ASSERT_TRUE(got.errors.empty()) << got.all_errors();
    EXPECT_EQ(got.tree->find("a")->text, "b");
    EXPECT_EQ(got.tree->find("n")->text, "500");
    EXPECT_EQ(got.tree->find("list")->items.size(), 2u);
    EXPECT_EQ(got.tree->find("none")->what, node::kind::null);
}

TEST(document, json_escapes_beyond_the_first_plane_are_one_character) {
    struct row {
        const char* written;
        const char* expected;
    };
    const row rows[] = {
        {R"({"a": "\ud83d\ude00"})", "\xF0\x9F\x98\x80"},
        {R"({"a": "x\uD83D\uDE00y\u00e9"})", "x\xF0\x9F\x98\x80y\xC3\xA9"},
        {R"({"a": "\\ud83d\\ude00"})", "\\ud83d\\ude00"}, // an escaped backslash, then plain letters
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.written);
        const reading got(r.written);
        ASSERT_TRUE(got.tree) << got.all_errors();
        EXPECT_EQ(got.tree->find("a")->text, r.expected);
    }
    EXPECT_TRUE(reading(R"({"a": "\ud83d"})").says("f.yaml:1:"));
}

TEST(document, broken_text_is_a_problem_with_a_place_and_never_an_exception) {
    struct row {
        std::string text;
        const char* expected;
    };
    const row rows[] = {
        {"a: [1\nb: 2", "f.yaml:2:2: "},
        {"a: 1\n\tb: 2", "f.yaml:2:"},
        {"a: \xff", "line 1 is not UTF-8"},
        {"a: 1\nb: \xed\xa0\x80", "line 2 is not UTF-8"},
        {std::string("a: 1\nb: \0", 9), "line 2 holds a control character"},
        {"a: 1\n---\nb: 2\n", "more than one document"},
        {"a: !!int 1\n", "f.yaml:1:4: tags are not supported"},
        {"? [a]\n: 1\n", "a key must be a plain name"},
        {"a: *nobody\n", "f.yaml:1:"},
        {"a: &x [*x]\n", "an alias inside the value that it names"},
        {"a: {b: ${SET}}\n", "in quotes"},
        {"a: \"\\q\"\n", "f.yaml:1:"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        const reading got(r.text);
        EXPECT_TRUE(got.says(r.expected)) << got.all_errors();
    }
}

TEST(document, an_empty_document_is_a_null_and_no_problem) {
    for (const char* text : {"", "# only a comment\n", "\n\n"}) {
        const reading got(text);
        ASSERT_TRUE(got.tree);
        EXPECT_TRUE(got.errors.empty());
        EXPECT_EQ(got.tree->what, node::kind::null);
    }
}

TEST(document, aliases_are_copies_that_count_as_expanded) {
    const reading fine("a: &x [1, 2]\nb: *x\n");
    ASSERT_TRUE(fine.errors.empty());
    EXPECT_EQ(fine.tree->find("b")->items[1].text, "2");

    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string below = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
        for (int k = 1; k < 10; ++k) bomb += ", " + below;
        bomb += "]\n";
    }
    EXPECT_TRUE(reading(bomb).says("more than 10000 values"));
}

TEST(document, sizes_and_depths_end_at_their_maxima) {
    EXPECT_TRUE(reading("abcd", {4, 10}).errors.empty());
    EXPECT_TRUE(reading("abcde", {4, 10}).says("larger than 4 bytes"));
    EXPECT_TRUE(reading("[1, 2, 3]", {100, 4}).errors.empty());
    EXPECT_TRUE(reading("[1, 2, 3, 4]", {100, 4}).says("more than 4 values"));

    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(reading(nested(limits::config_depth_max)).errors.empty());
    EXPECT_TRUE(reading(nested(limits::config_depth_max + 1)).says("nested deeper"));
    EXPECT_TRUE(reading(nested(100'000)).says("f.yaml:"));
    EXPECT_TRUE(reading("a: &a [[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]\n")
                    .says("nested deeper"));

    std::string many;
    for (std::size_t i = 0; i <= limits::config_keys_max; ++i) many += "k" + std::to_string(i) + ": 1\n";
    EXPECT_TRUE(reading(many, {1 << 20, 100'000}).says("more than 5000 keys"));
}

TEST(substitution, replaces_variables_defaults_and_files) {
    struct row {
        const char* text;
        const char* expected;
    };
    const row rows[] = {
        {"${SET}", "value"},         {"a${SET}b${SET}", "avaluebvalue"},   {"${EMPTY}", ""},
        {"${MISSING:-}", ""},        {"${MISSING:-other:-x}", "other:-x"}, {"${EMPTY:-filled}", "filled"},
        {"${SET:-unused}", "value"}, {"${file:/secret}", "from-file"},     {"$${SET}", "${SET}"},
        {"$SET {x}", "$SET {x}"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        const auto got = substitute(r.text, test::known_references());
        ASSERT_TRUE(got.has_value()) << got.error();
        EXPECT_EQ(*got, r.expected);
    }
}

TEST(substitution, names_what_is_missing) {
    struct row {
        const char* text;
        const char* expected;
    };
    const row rows[] = {
        {"${MISSING}", "the environment variable `MISSING` is not set"},
        {"${file:/nowhere}", "cannot read the file `/nowhere`"},
        {"${", "`${` without its `}`"},
        {"${1X}", "`${1X}` names neither a variable nor a file (`${file:/path}`)"},
        {"${}", "`${}` names neither a variable nor a file (`${file:/path}`)"},
    };
    for (const row& r : rows) {
        const auto got = substitute(r.text, test::known_references());
        ASSERT_FALSE(got.has_value()) << r.text;
        EXPECT_EQ(got.error(), r.expected);
    }
    const reading in_file("a: 1\nb:\n  key: ${MISSING}\n");
    EXPECT_EQ(in_file.all_errors(), "f.yaml:3:8: the environment variable `MISSING` is not set\n");
}

TEST(substitution, a_missing_variable_is_told_once_and_not_again_by_the_reader) {
    reading got("server: {listen: \"127.0.0.1:${MISSING}\"}\n");
    settings made;
    read_settings(*got.tree, made, got.at);
    EXPECT_EQ(got.all_errors(), "f.yaml:1:18: the environment variable `MISSING` is not set\n");
}

TEST(substitution, keeps_what_was_written_so_that_messages_show_no_secret) {
    const reading got("a: pre-${SET}\n");
    EXPECT_EQ(got.tree->find("a")->text, "pre-value");
    EXPECT_EQ(got.tree->find("a")->shown(), "pre-${SET}");
}

TEST(canonical_form, ignores_order_comments_and_style) {
    reading one("a: x\nb: [1, 'q']\nc: {z: 1, y: \"2\"}\nd:\n"),
        other("# c\nc:\n  y: 2\n  z: \"1\"\nb:\n- '1'\n- q\na: \"x\"\n");
    EXPECT_EQ(canonical_form(*one.tree), canonical_form(*other.tree));
    EXPECT_EQ(canonical_form(*one.tree), R"({"a":"x","b":["1","q"],"c":{"y":"2","z":"1"}})");
}

TEST(canonical_form, reads_back_as_the_same_content) {
    const reading got("a: \"quote \\\" slash \\\\ line\\nend $${SET}\"\nb: \"\xF0\x9F\x98\x80\"\n");
    ASSERT_TRUE(got.errors.empty()) << got.all_errors();
    const std::string form = canonical_form(*got.tree);
    const reading again(form);
    ASSERT_TRUE(again.errors.empty()) << again.all_errors();
    EXPECT_EQ(again.tree->find("a")->text, "quote \" slash \\ line\nend ${SET}");
    EXPECT_EQ(canonical_form(*again.tree), form);
}

}
}
