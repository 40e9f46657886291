#include <tollgate/core/json_writer.hpp>

#include <gtest/gtest.h>

namespace tollgate {

TEST(json_writer, escapes_what_json_cannot_hold) {
    struct row {
        std::string_view in, out;
    };
    using namespace std::string_view_literals;
    const row rows[] = {
        {"plain"sv, R"("plain")"sv},
        {"a\"b\\c"sv, R"("a\"b\\c")"sv},
        {"\n\r\t\0"sv, R"("\n\r\t\u0000")"sv},
        {"\x7f"sv, R"("\u007f")"sv},
        {"\xc3\xa9"sv, "\"\xc3\xa9\""sv},
        {"\xff"sv, R"("\ufffd")"sv},
        {"\xc3"sv, R"("\ufffd")"sv},
        {"\xed\xa0\x80"sv, R"("\ufffd\ufffd\ufffd")"sv},
        {"\xf0\x9f\x98\x80"sv, "\"\xf0\x9f\x98\x80\""sv},
    };
    for (const row& r : rows) {
        std::string out;
        append_json_string(out, r.in);
        EXPECT_EQ(out, r.out);
    }
}

TEST(json_writer, puts_commas_where_they_belong) {
    std::string text;
    json_writer out(text);
    out.begin_object()
        .member("a", 1)
        .key("b")
        .begin_array()
        .number(1)
        .text("x")
        .begin_object()
        .end_object()
        .end_array();
    out.member("c", true).key("d").null().optional_member("e", "").end_object();
    EXPECT_EQ(text, R"({"a":1,"b":[1,"x",{}],"c":true,"d":null})");
}

}
