#include <tollgate/http/head_check.hpp>

#include <gtest/gtest.h>
#include <string>

namespace tollgate::http {
namespace {

std::expected<head_facts, head_fault> judge(const std::string& text) {
    request_head head;
    EXPECT_EQ(parse_head(text, head), head_fault::none) << text;
    return check_head(head);
}

std::string post(const std::string& fields) { return "POST /v1/x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }

TEST(head_check, heads_that_mean_two_things_are_refused) {
    struct row {
        std::string text;
        head_fault expected;
    };
    const row rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", head_fault::host},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", head_fault::host},
        {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", head_fault::host},
        {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", head_fault::target},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", head_fault::target},
        {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", head_fault::method_not_allowed},
        {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", head_fault::method_not_allowed},
        {post("Transfer-Encoding: gzip\r\n"), head_fault::transfer_encoding},
        {post("Transfer-Encoding: chunked, gzip\r\n"), head_fault::transfer_encoding},
        {post("Transfer-Encoding: gzip, chunked\r\n"), head_fault::transfer_encoding},
        {post("Transfer-Encoding: xchunked\r\n"), head_fault::transfer_encoding},
        {post("Transfer-Encoding: \r\n"), head_fault::transfer_encoding},
        {post("Transfer-Encoding: identity\r\n"), head_fault::transfer_encoding},
        {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), head_fault::transfer_encoding},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", head_fault::transfer_encoding},
        {post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), head_fault::both_lengths},
        {post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), head_fault::both_lengths},
        {post("Content-Length: 3\r\nContent-Length: 3\r\n"), head_fault::content_length},
        {post("Content-Length: 3, 3\r\n"), head_fault::content_length},
        {post("Content-Length: +3\r\n"), head_fault::content_length},
        {post("Content-Length: -3\r\n"), head_fault::content_length},
        {post("Content-Length: 0x3\r\n"), head_fault::content_length},
        {post("Content-Length: 3 4\r\n"), head_fault::content_length},
        {post("Content-Length: \r\n"), head_fault::content_length},
        {post("Content-Length: 18446744073709551616\r\n"), head_fault::content_length},
        {post("Authorization: Bearer a\r\nauthorization: Bearer b\r\n"), head_fault::repeated_field},
        {post("x-api-key: a\r\nX-API-Key: b\r\n"), head_fault::repeated_field},
        {post("api-key: a\r\napi-key: a\r\n"), head_fault::repeated_field},
        {post("Idempotency-Key: a\r\nIdempotency-Key: a\r\n"), head_fault::repeated_field},
        {post("X-AI-Feature: a\r\nX-Other: b\r\nx-ai-feature: c\r\n"), head_fault::repeated_field},
        {post("Expect: 200-ok\r\nContent-Length: 1\r\n"), head_fault::expectation},
        {post("Upgrade: websocket\r\nConnection: upgrade\r\n"), head_fault::upgrade},
        {post("Upgrade: h2c, websocket\r\n"), head_fault::upgrade},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        const auto facts = judge(r.text);
        ASSERT_FALSE(facts.has_value());
        EXPECT_EQ(facts.error(), r.expected);
    }
}

TEST(head_check, plain_heads_pass_with_their_meaning) {
    using framing = head_facts::framing;
    struct row {
        std::string text;
        framing body;
        std::uint64_t bytes;
        bool keep_alive, expects_continue;
    };
    const row rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", framing::none, 0, true, false},
        {"GET / HTTP/1.0\r\n\r\n", framing::none, 0, false, false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", framing::none, 0, true, false},
        {post("Connection: close\r\n"), framing::none, 0, false, false},
        {post("Connection: x, Close\r\n"), framing::none, 0, false, false},
        {post("Connection: keep-alive\r\nConnection: close\r\n"), framing::none, 0, false, false},
        {post("Connection: closed\r\n"), framing::none, 0, true, false},
        {post("Content-Length: 0\r\n"), framing::none, 0, true, false},
        {post("Content-Length: 007\r\n"), framing::length, 7, true, false},
        {post("Content-Length: 18446744073709551615\r\n"), framing::length, UINT64_MAX, true, false},
        {post("Transfer-Encoding: Chunked\r\n"), framing::chunked, 0, true, false},
        {post("Expect: 100-Continue\r\nContent-Length: 5\r\n"), framing::length, 5, true, true},
        {post("Expect: 100-continue\r\n"), framing::none, 0, true, false},
        {post("X-AI-Feature: a\r\nX-AI-Agent-Id: a\r\n"), framing::none, 0, true, false},
        {post("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"), framing::none, 0, true, false},
        {post("Authorization: Bearer a\r\nx-api-key: a\r\n"), framing::none, 0, true, false},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        const auto facts = judge(r.text);
        ASSERT_TRUE(facts.has_value()) << static_cast<int>(facts.error());
        EXPECT_EQ(facts->body, r.body);
        EXPECT_EQ(facts->body_bytes, r.bytes);
        EXPECT_EQ(facts->keep_alive, r.keep_alive);
        EXPECT_EQ(facts->expects_continue, r.expects_continue);
    }
}

}
}
