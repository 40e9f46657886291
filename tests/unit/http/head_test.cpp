#include <tollgate/core/limits.hpp>
#include <tollgate/http/head.hpp>

#include <gtest/gtest.h>
#include <string>

namespace tollgate::http {
namespace {

TEST(head, faults_of_the_text_are_found) {
    struct row {
        const char* text;
        head_fault expected;
    };
    const row rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", head_fault::none},
        {"GET / HTTP/1.0\r\n\r\n", head_fault::none},
        {"M-SEARCH /a?b=c HTTP/1.1\r\n\r\n", head_fault::none},
        {"GET http://a/ HTTP/1.1\r\n\r\n", head_fault::none}, // the grammar allows it, head_check does not
        {"GET / HTTP/1.1\r\nA:\r\n\r\n", head_fault::none},
        {"GET / HTTP/1.1\r\nA: b\tc \t \r\n\r\n", head_fault::none},
        {"GET / HTTP/1.1\r\nA: caf\xc3\xa9\r\n\r\n", head_fault::none},
        {"GET / HTTP/1.1\r\n!#$%&'*+-.^_`|~: x\r\n\r\n", head_fault::none},
        {"GET  / HTTP/1.1\r\n\r\n", head_fault::target},
        {"GET / HTTP/1.1 \r\n\r\n", head_fault::version},
        {"GET / HTTP/1.2\r\n\r\n", head_fault::version},
        {"GET / HTTP/2.0\r\n\r\n", head_fault::version},
        {"GET / http/1.1\r\n\r\n", head_fault::version},
        {"GET /\r\n\r\n", head_fault::target},
        {"GET /\x01 HTTP/1.1\r\n\r\n", head_fault::target},
        {"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", head_fault::target},
        {"GET /a\tb HTTP/1.1\r\n\r\n", head_fault::target},
        {"G@T / HTTP/1.1\r\n\r\n", head_fault::method},
        {" GET / HTTP/1.1\r\n\r\n", head_fault::method},
        {"\r\n\r\n", head_fault::method},
        {"GET / HTTP/1.1\r\nA : b\r\n\r\n", head_fault::field_name},
        {"GET / HTTP/1.1\r\n: b\r\n\r\n", head_fault::field_name},
        {"GET / HTTP/1.1\r\nA\r\n\r\n", head_fault::field_name},
        {"GET / HTTP/1.1\r\nA\x80: b\r\n\r\n", head_fault::field_name},
        {"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", head_fault::folded_line},
        {"GET / HTTP/1.1\r\n\tA: b\r\n\r\n", head_fault::folded_line},
        {"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", head_fault::field_value},
        {"GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n", head_fault::field_value},
        {"GET / HTTP/1.1\r\nA: 1234567890123456\x02z\r\n\r\n", head_fault::field_value},
        {"GET / HTTP/1.1\r\nA: b\nB: c\r\n\r\n", head_fault::line_end},
        {"GET / HTTP/1.1\nA: b\r\n\r\n", head_fault::line_end},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        request_head head;
        EXPECT_EQ(parse_head(r.text, head), r.expected);
    }
}

TEST(head, a_nul_in_a_value_is_a_fault) {
    request_head head;
    const std::string text("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 26);
    EXPECT_EQ(parse_head(text, head), head_fault::field_value);
}

TEST(head, parts_are_read_without_their_blanks) {
    request_head head;
    ASSERT_EQ(parse_head("POST /v1/x?y=1 HTTP/1.0\r\nHost:  a.b \r\nX-Y:z\r\n\r\n", head), head_fault::none);
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/v1/x?y=1");
    EXPECT_EQ(head.minor, 0);
    ASSERT_EQ(head.fields.size(), 2U);
    EXPECT_EQ(head.fields[0].name, "Host");
    EXPECT_EQ(head.fields[0].value, "a.b");
    EXPECT_EQ(head.fields[1].value, "z");
}

TEST(head, every_control_character_is_refused_at_every_place_of_a_value) {
    for (std::size_t at = 0; at < 20; ++at) {
        for (int c = 0; c < 256; ++c) {
            std::string value = "aaaaaaaaaaaaaaaaaaaaa";
            value[at + 1] = static_cast<char>(c);
            request_head head;
            const bool refused = parse_head("GET / HTTP/1.1\r\nA: " + value + "\r\n\r\n", head) != head_fault::none;
            EXPECT_EQ(refused, (c < 0x20 && c != '\t') || c == 0x7f) << c << " at " << at;
        }
    }
}

TEST(head, too_many_fields_are_refused_just_past_the_line) {
    for (const std::size_t count : {limits::head_fields_max, limits::head_fields_max + 1}) {
        std::string text = "GET / HTTP/1.1\r\n";
        for (std::size_t i = 0; i < count; ++i) text += "a: b\r\n";
        request_head head;
        const bool over = count > limits::head_fields_max;
        EXPECT_EQ(parse_head(text + "\r\n", head), over ? head_fault::too_many_fields : head_fault::none);
    }
}

TEST(head_boundary, is_found_wherever_the_bytes_are_split) {
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\nnext";
    const std::size_t end = text.size() - 4;
    for (std::size_t split = 0; split <= text.size(); ++split) {
        head_boundary boundary;
        const auto first = boundary.look(std::string_view(text).substr(0, split));
        if (split < end) {
            EXPECT_EQ(first, head_boundary::verdict::incomplete) << split;
            EXPECT_EQ(boundary.look(text), head_boundary::verdict::complete) << split;
        } else {
            EXPECT_EQ(first, head_boundary::verdict::complete) << split;
        }
        EXPECT_EQ(boundary.bytes(), end);
    }
}

TEST(head_boundary, a_bare_line_feed_is_a_fault_at_once) {
    for (const std::string_view text : {"GET / HTTP/1.1\n", "\n", "GET / HTTP/1.1\r\nA: b\n", "GET / HTTP/1.1\r\n\n"}) {
        head_boundary boundary;
        EXPECT_EQ(boundary.look(text), head_boundary::verdict::fault) << text;
    }
}

TEST(head, every_fault_is_explained) {
    for (int i = 1; i <= static_cast<int>(head_fault::upgrade); ++i) {
        const error why = explain(static_cast<head_fault>(i));
        EXPECT_NE(why.code, errc::internal_error) << i;
        EXPECT_FALSE(why.detail.empty()) << i;
    }
}

}
}
