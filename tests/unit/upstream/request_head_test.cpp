#include <tollgate/upstream/request_head.hpp>

#include <gtest/gtest.h>

namespace tollgate::upstream {
namespace {

provider some_provider() {
    provider to;
    to.name = "p";
    to.host = "api.example.com";
    to.port = 443;
    to.tls = true;
    to.path_prefix = "/v1";
    to.credential = "secret";
    return to;
}

std::string head_of(const ports::upstream_request& request, std::uint64_t body_bytes = 0) {
    std::string out = "what was there before";
    EXPECT_TRUE(write_request_head(out, request, body_bytes));
    return out;
}

TEST(request_head, is_written_in_full) {
    provider to = some_provider();
    to.extra_headers = {{"openai-beta", "x=1"}};
    const field fields[] = {{"content-type", "application/json"}, {"x-request-id", "r1"}};
    const ports::upstream_request request{.to = &to, .path = "/chat/completions", .fields = fields, .body = {}};
    EXPECT_EQ(head_of(request, 1234), "POST /v1/chat/completions HTTP/1.1\r\n"
                                      "host: api.example.com\r\n"
                                      "authorization: Bearer secret\r\n"
                                      "openai-beta: x=1\r\n"
                                      "content-type: application/json\r\n"
                                      "x-request-id: r1\r\n"
                                      "accept-encoding: identity\r\n"
                                      "content-length: 1234\r\n"
                                      "\r\n");
}

TEST(request_head, credential_goes_where_the_scheme_says) {
    struct row {
        auth_scheme scheme;
        const char* credential;
        const char* line;
    };
    const row rows[] = {
        {auth_scheme::bearer, "k", "authorization: Bearer k\r\n"},
        {auth_scheme::api_key_header, "k", "api-key: k\r\n"},
        {auth_scheme::x_api_key_header, "k", "x-api-key: k\r\n"},
        {auth_scheme::none, "k", nullptr},
        {auth_scheme::bearer, "", nullptr},
        {auth_scheme::bearer, "k\r\nx: k", nullptr},
    };
    for (const row& r : rows) {
        provider to = some_provider();
        to.auth = r.scheme;
        to.credential = r.credential;
        const ports::upstream_request request{.to = &to, .path = "/x", .fields = {}, .body = {}};
        const std::string head = head_of(request);
        if (r.line) EXPECT_NE(head.find(r.line), std::string::npos) << head;
        if (!r.line) EXPECT_EQ(head.find("k\r"), std::string::npos) << head;
    }
}

TEST(request_head, host_has_a_port_unless_it_is_the_schemes_own) {
    struct row {
        const char* host;
        std::uint16_t port;
        bool tls;
        const char* line;
    };
    const row rows[] = {
        {"a.example", 443, true, "host: a.example\r\n"},   {"a.example", 80, false, "host: a.example\r\n"},
        {"a.example", 80, true, "host: a.example:80\r\n"}, {"a.example", 443, false, "host: a.example:443\r\n"},
        {"::1", 8000, false, "host: [::1]:8000\r\n"},      {"[::1]", 80, false, "host: [::1]\r\n"},
        {"127.0.0.1", 9, false, "host: 127.0.0.1:9\r\n"},
    };
    for (const row& r : rows) {
        provider to = some_provider();
        to.host = r.host;
        to.port = r.port;
        to.tls = r.tls;
        const ports::upstream_request request{.to = &to, .path = "/x", .fields = {}, .body = {}};
        EXPECT_NE(head_of(request).find(r.line), std::string::npos) << r.line;
    }
}

TEST(request_head, only_a_post_without_body_states_its_length) {
    const provider to = some_provider();
    ports::upstream_request request{.to = &to, .path = "/x", .fields = {}, .body = {}};
    EXPECT_NE(head_of(request).find("content-length: 0\r\n"), std::string::npos);
    request.method = "GET";
    EXPECT_EQ(head_of(request).find("content-length"), std::string::npos);
    EXPECT_NE(head_of(request, 3).find("content-length: 3\r\n"), std::string::npos);
}

TEST(request_head, nothing_can_add_a_line) {
    const provider to = some_provider();
    const field fields[] = {
        {"x-a", "1\r\nx-evil: 1"}, {"x-b\nx-evil", "1"}, {"x-c", "1\n2"}, {"", "x"}, {"x-good", "1"}};
    ports::upstream_request request{.to = &to, .path = "/x", .fields = fields, .body = {}};
    const std::string head = head_of(request);
    EXPECT_EQ(head.find("evil"), std::string::npos);
    EXPECT_EQ(head.find("x-c"), std::string::npos);
    EXPECT_NE(head.find("x-good: 1\r\n"), std::string::npos);

    std::string out;
    for (const std::string_view path : {"/a b", "/a\r\nx: y", "/a\n"}) {
        request.path = path;
        EXPECT_FALSE(write_request_head(out, request, 0)) << path;
    }
}

}
}
