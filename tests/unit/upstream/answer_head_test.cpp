#include <tollgate/upstream/answer_head.hpp>

#include <tollgate/core/limits.hpp>

#include <gtest/gtest.h>

namespace tollgate::upstream {
namespace {

std::string names_of(const answer_head& head) {
    std::string all;
    for (const field& f : head.fields) all.append(f.name).append("=").append(f.value).append(";");
    return all;
}

TEST(answer_head, end_is_found_however_far_an_earlier_search_came) {
    const std::string text = "HTTP/1.1 200 OK\r\na: b\r\n\r\nbody";
    const std::size_t length = text.size() - 4;
    for (std::size_t from = 0; from < length; ++from) EXPECT_EQ(find_head_end(text, from), length) << from;
    for (std::size_t size = 0; size < length; ++size) EXPECT_EQ(find_head_end(text.substr(0, size)), 0u) << size;
}

TEST(answer_head, framing_and_reuse_follow_from_status_and_fields) {
    struct row {
        const char* status_line;
        const char* fields;
        framing body;
        std::uint64_t length;
        bool keep_alive;
    };
    const row rows[] = {
        {"HTTP/1.1 200 OK", "content-length: 5\r\n", framing::length, 5, true},
        {"HTTP/1.1 200 OK", "Content-Length: 0\r\n", framing::none, 0, true},
        {"HTTP/1.1 200 ", "content-length: 5\r\n", framing::length, 5, true},
        {"HTTP/1.1 200 OK", "transfer-encoding: chunked\r\n", framing::chunked, 0, true},
        {"HTTP/1.1 200 OK", "Transfer-Encoding: CHUNKED\r\n", framing::chunked, 0, true},
        {"HTTP/1.1 200 OK", "", framing::until_close, 0, false},
        {"HTTP/1.1 200 OK", "connection: close\r\ncontent-length: 5\r\n", framing::length, 5, false},
        {"HTTP/1.1 200 OK", "connection: x-y, Close\r\ncontent-length: 5\r\n", framing::length, 5, false},
        {"HTTP/1.0 200 OK", "content-length: 5\r\n", framing::length, 5, false},
        {"HTTP/1.0 200 OK", "connection: keep-alive\r\ncontent-length: 5\r\n", framing::length, 5, true},
        {"HTTP/1.0 200 OK", "connection: keep-alive\r\ntransfer-encoding: chunked\r\n", framing::chunked, 0, false},
        {"HTTP/1.1 204 No Content", "content-length: 5\r\n", framing::none, 5, true},
        {"HTTP/1.1 304 Not Modified", "", framing::none, 0, true},
        {"HTTP/1.1 500 Oops", "content-length: 18446744073709551615\r\n", framing::length, UINT64_MAX, true},
    };
    answer_head head;
    for (const row& r : rows) {
        SCOPED_TRACE(std::string(r.status_line) + " " + r.fields);
        const std::string text = std::string(r.status_line) + "\r\n" + r.fields + "\r\n";
        const auto parsed = parse_answer_head(text, false, head);
        ASSERT_TRUE(parsed) << parsed.error().detail;
        EXPECT_EQ(head.body, r.body);
        EXPECT_EQ(head.length, r.length);
        EXPECT_EQ(head.keep_alive, r.keep_alive);
    }
    ASSERT_TRUE(parse_answer_head("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", true, head));
    EXPECT_EQ(head.body, framing::none) << "the answer to HEAD has no body";
}

TEST(answer_head, doubtful_heads_are_refused) {
    std::string too_many = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n";
    for (std::size_t i = 0; i < limits::head_fields_max; ++i) too_many += "x: y\r\n";
    const std::string rows[] = {
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0x5\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551616\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx : a\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: a\nb: c\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 600 Far\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "<html>\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-encoding: gzip\r\n\r\n",
        too_many + "\r\n",
    };
    answer_head head;
    for (const std::string& text : rows) {
        const auto parsed = parse_answer_head(text, false, head);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, errc::provider_error);
    }
}

TEST(answer_head, one_field_less_than_too_many_is_fine) {
    std::string text = "HTTP/1.1 200 OK\r\n";
    for (std::size_t i = 0; i < limits::head_fields_max; ++i) text += "x: y\r\n";
    answer_head head;
    ASSERT_TRUE(parse_answer_head(text + "\r\n", false, head));
    EXPECT_EQ(head.fields.size(), limits::head_fields_max);
}

TEST(answer_head, only_fields_meant_for_the_client_are_kept) {
    const std::string text =
        "HTTP/1.1 200 OK\r\n"
        "Content-Type: application/json\r\n"
        "Connection: keep-alive, X-Private , Foo\r\n"
        "X-Private: 1\r\nfoo: 2\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\n"
        "proxy-anything: x\r\nTE: x\r\nTrailer: x\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\n"
        "Set-Cookie: a=b\r\nset-cookie: c=d\r\nOpenAI-Organization: org-1\r\nopenai-project: p\r\n"
        "WWW-Authenticate: Bearer\r\nAuthorization: Bearer echo\r\nx-api-key: k\r\napi-key: k\r\n"
        "alt-svc: h3=\":443\"\r\nstrict-transport-security: max-age=1\r\n"
        "content-encoding: identity\r\n"
        "x-ratelimit-limit-requests: 60\r\nX-Request-Id: r\r\nopenai-processing-ms: 7\r\n\r\n";
    answer_head head;
    const auto parsed = parse_answer_head(text, false, head);
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(names_of(head), "Content-Type=application/json;x-ratelimit-limit-requests=60;X-Request-Id=r;"
                              "openai-processing-ms=7;");
    EXPECT_TRUE(head.keep_alive);
}

TEST(answer_head, content_encoding_is_recognised) {
    struct row {
        const char* value;
        coding expected;
    };
    const row rows[] = {{"identity", coding::identity}, {"gzip", coding::gzip},       {"GZIP", coding::gzip},
                        {"x-gzip", coding::gzip},       {"deflate", coding::gzip},    {"br", coding::unknown},
                        {"zstd", coding::unknown},      {"gzip, br", coding::unknown}};
    answer_head head;
    for (const row& r : rows) {
        const std::string text = std::string("HTTP/1.1 200 OK\r\ncontent-encoding: ") + r.value + "\r\n\r\n";
        ASSERT_TRUE(parse_answer_head(text, false, head));
        EXPECT_EQ(head.encoding, r.expected) << r.value;
        EXPECT_TRUE(head.fields.empty());
    }
}

TEST(answer_head, nothing_of_an_earlier_answer_is_left) {
    answer_head head;
    ASSERT_TRUE(parse_answer_head(
        "HTTP/1.1 200 OK\r\nconnection: a\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n", false, head));
    ASSERT_TRUE(parse_answer_head("HTTP/1.1 404 No\r\na: b\r\ntransfer-encoding: chunked\r\n\r\n", false, head));
    EXPECT_EQ(head.status, 404);
    EXPECT_EQ(names_of(head), "a=b;");
    EXPECT_EQ(head.encoding, coding::identity);
    EXPECT_EQ(head.length, 0u);
}

}
}
