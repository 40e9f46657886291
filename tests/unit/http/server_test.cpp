#include "running_server.hpp"

#include <array>
#include <vector>

namespace tollgate::http {
namespace {

constexpr std::array<field, 1> plain{{{"content-type", "text/plain"}}};

// "METHOD path?query peer body"
task<> echo(ports::exchange& with) {
    const result<std::string_view> body = co_await with.read_body(1 << 20);
    std::string text(with.method());
    text.append(" ").append(with.path()).append("?").append(with.query()).append(" ").append(with.peer()).append(" ");
    text.append(body ? *body : std::string_view("error: " + body.error().detail));
    const int status = body ? 200 : body.error().code == errc::body_too_large ? 413 : 400;
    co_await with.send(status, plain, text);
}

std::string post(std::string_view body, std::string_view more = "") {
    return "POST /p?q=1 HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(more) + "\r\n" + std::string(body);
}

TEST(server, answers_one_request_after_another_on_a_connection) {
    running_server server(echo);
    raw_client client(server.port());
    for (const char* body : {"one", "", "three"}) {
        client.send(post(body));
        const std::string answer = client.read_answer();
        EXPECT_EQ(status_of(answer), 200);
        EXPECT_EQ(body_of(answer), "POST /p?q=1 127.0.0.1 " + std::string(body));
        EXPECT_EQ(answer.find("connection:"), std::string::npos);
        EXPECT_NE(answer.find("\r\ndate: "), std::string::npos);
    }
}

TEST(server, keeps_the_order_of_pipelined_requests) {
    running_server server(echo);
    raw_client client(server.port());
    std::string all;
    for (int i = 0; i < 50; ++i) {
        const std::string number = std::to_string(i);
        all += i % 2 == 0 ? post("n" + number)
                          : "PUT /p?q=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nch\r\n" +
                                std::string("3\r\nunk\r\n0\r\nTrailer: x\r\n\r\n");
    }
    client.send(all);
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(body_of(client.read_answer()), i % 2 == 0 ? "POST /p?q=1 127.0.0.1 n" + std::to_string(i)
                                                            : std::string("PUT /p?q=1 127.0.0.1 chunk"));
}

TEST(server, reads_requests_wherever_they_are_split) {
    running_server server(echo);
    raw_client client(server.port());
    const std::string sized = post("hello");
    const std::string chunked =
        "POST /p?q=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    for (const std::string& text : {sized, chunked}) {
        for (std::size_t split = 1; split < text.size(); ++split) {
            client.send(text.substr(0, split));
            server.connections(); // a turn of the server's thread, so that mostly the parts come separately
            client.send(text.substr(split));
            ASSERT_EQ(body_of(client.read_answer()), "POST /p?q=1 127.0.0.1 hello") << split;
        }
    }
}

TEST(server, reads_large_bodies_in_both_framings) {
    running_server server(echo);
    raw_client client(server.port());
    for (const std::size_t size : {4000U, 4096U, 5000U, 100'000U, 1'000'000U}) {
        std::string body;
        while (body.size() < size) body += "0123456789" + std::to_string(body.size());
        client.send(post(body));
        EXPECT_EQ(body_of(client.read_answer()), "POST /p?q=1 127.0.0.1 " + body) << size;
        std::string chunked = "POST /p?q=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (std::size_t at = 0; at < body.size(); at += 7000) {
            const std::string part = body.substr(at, 7000);
            char line[16];
            std::snprintf(line, sizeof line, "%zx\r\n", part.size());
            chunked += line + part + "\r\n";
        }
        client.send(chunked + "0\r\n\r\n");
        EXPECT_EQ(body_of(client.read_answer()), "POST /p?q=1 127.0.0.1 " + body) << size;
    }
}

TEST(server, a_body_is_followed_by_padding) {
    std::size_t sum = 0;
    running_server server([&](ports::exchange& with) -> task<> {
        const result<std::string_view> body = co_await with.read_body(1 << 20);
        for (std::size_t i = 0; i < limits::body_padding_bytes; ++i)
            sum += static_cast<unsigned char>(body->data()[body->size() + i]); // the sanitizer watches
        with.drop_body();
        co_await with.send(200, plain, "");
    });
    raw_client client(server.port());
    for (const std::size_t size : {0U, 1U, 4096U - 67U, 4096U, 10'000U, 70'000U}) {
        client.send(post(std::string(size, 'x')));
        EXPECT_EQ(status_of(client.read_answer()), 200) << size;
    }
}

TEST(server, closes_after_the_answer_when_asked_to) {
    running_server server(echo);
    struct row {
        const char* request;
        const char* connection;
        bool closes;
    };
    const row rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "\r\nconnection: close\r\n", true},
        {"GET / HTTP/1.0\r\n\r\n", "\r\nconnection: close\r\n", true},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "\r\nconnection: keep-alive\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", nullptr, false},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.request);
        raw_client client(server.port());
        client.send(r.request);
        const std::string answer = client.read_answer();
        EXPECT_EQ(status_of(answer), 200);
        if (r.connection != nullptr) EXPECT_NE(answer.find(r.connection), std::string::npos);
        if (!r.closes) client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        EXPECT_EQ(client.read_to_end().empty(), r.closes);
    }
}

TEST(server, faults_of_a_head_are_answered_and_end_the_connection) {
    running_server server(echo);
    struct row {
        const char* request;
        int status;
    };
    const row rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", 400},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        {"GET /v1/realtime HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 426},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        {"\x16\x03\x01\x02\n", 400}, // TLS where none is spoken
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.request);
        raw_client client(server.port());
        client.send(r.request);
        const std::string answer = client.read_answer();
        EXPECT_EQ(status_of(answer), r.status);
        EXPECT_NE(answer.find("\r\nconnection: close\r\n"), std::string::npos);
        EXPECT_NE(answer.find(R"({"error":)"), std::string::npos);
        client.half_close();
        EXPECT_EQ(client.read_to_end(), "");
        EXPECT_FALSE(client.was_reset());
    }
}

TEST(server, a_refusal_of_its_own_carries_a_request_id) {
    server_options options = on_loopback();
    options.make_request_id = [] { return std::string("req_1"); };
    running_server server(echo, options);
    raw_client client(server.port());
    client.send("GET / HTTP/1.1\r\n\r\n");
    const std::string answer = client.read_answer();
    EXPECT_NE(answer.find("\r\nx-request-id: req_1\r\n"), std::string::npos);
    EXPECT_NE(body_of(answer).find("req_1"), std::string::npos);
}

TEST(server, heads_are_bounded) {
    server_options options = on_loopback();
    options.head_bytes_max = 8192;
    running_server server(echo, options);
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    for (const std::size_t size : {8192U, 8193U, 40'000U}) {
        raw_client client(server.port());
        client.send(start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n");
        EXPECT_EQ(status_of(client.read_answer()), size > 8192 ? 431 : 200) << size;
    }
    std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 200; ++i) many += "a: b\r\n";
    raw_client client(server.port());
    client.send(many + "\r\n");
    EXPECT_EQ(status_of(client.read_answer()), 431);
}

TEST(server, bodies_are_bounded_before_and_while_they_come) {
    server_options options = on_loopback();
    options.body_bytes_max = 1000;
    running_server server(echo, options);
    const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct row {
        std::string request;
        int status;
    };
    const row rows[] = {
        {post(std::string(1000, 'x')), 200},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413}, // nothing of it needs to come
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n", 413},
        {chunked + "3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n", 200},
        {chunked + "3e9\r\n" + std::string(1001, 'x'), 413},
        {chunked + "zz\r\n", 400},
        {chunked + "3\r\nabcd\r\n", 400},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.request.substr(0, 120));
        raw_client client(server.port());
        client.send(r.request);
        const std::string answer = client.read_answer();
        EXPECT_EQ(status_of(answer), r.status);
        EXPECT_EQ(answer.find("connection: close") != std::string::npos, r.status != 200);
    }
}

TEST(server, a_refused_upload_gets_to_read_its_answer) {
    running_server server([](ports::exchange& with) -> task<> { co_await with.send(401, plain, "no"); });
    raw_client client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
    const std::string part(100'000, 'x');
    for (int i = 0; i < 30; ++i) client.send(part);
    const std::string answer = client.read_answer();
    EXPECT_EQ(status_of(answer), 401);
    EXPECT_NE(answer.find("connection: close"), std::string::npos);
    client.half_close();
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.was_reset());
}

TEST(server, a_small_unread_body_is_skipped) {
    running_server server([](ports::exchange& with) -> task<> { co_await with.send(404, plain, "no"); });
    raw_client client(server.port());
    for (const std::size_t size : {10U, 5000U, 65'536U}) {
        client.send(post(std::string(size, 'x')));
        const std::string answer = client.read_answer();
        EXPECT_EQ(status_of(answer), 404) << size;
        EXPECT_EQ(answer.find("connection: close"), std::string::npos) << size;
    }
}

TEST(server, continue_is_said_only_to_one_who_waits_and_only_when_the_body_is_wanted) {
    running_server server([](ports::exchange& with) -> task<> {
        if (with.path() == "/refused") {
            co_await with.send(402, plain, "no");
            co_return;
        }
        co_await echo(with);
    });
    const std::string tail = "Expect: 100-continue\r\n";
    {
        raw_client client(server.port());
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" + tail + "\r\n");
        EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("hello");
        EXPECT_EQ(status_of(client.read_answer()), 200);
        client.send(post("here already", tail));
        EXPECT_EQ(status_of(client.read_answer()), 200);
    }
    raw_client client(server.port());
    client.send("POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" + tail + "\r\n");
    const std::string answer = client.read_answer();
    EXPECT_EQ(status_of(answer), 402);
    EXPECT_NE(answer.find("connection: close"), std::string::npos);
    EXPECT_EQ(client.read_to_end(), "");
}

TEST(server, a_head_request_gets_no_body) {
    running_server server(echo);
    raw_client client(server.port());
    client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_NE(client.read_until("\r\n\r\n").find("content-length: 19\r\n"), std::string::npos);
    EXPECT_EQ(body_of(client.read_to_end()), "GET /y? 127.0.0.1 ");
}

TEST(server, a_status_without_a_body_ends_with_its_head) {
    running_server server([](ports::exchange& with) -> task<> { co_await with.send(204, {}, ""); });
    raw_client client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const std::string both = client.read_to_end();
    EXPECT_EQ(both.find("content-length"), std::string::npos);
    EXPECT_EQ(both.find("HTTP/1.1 204 No Content"), 0U);
    EXPECT_NE(both.rfind("HTTP/1.1 204 No Content"), 0U);
}

TEST(server, a_value_cannot_end_its_line) {
    running_server server([](ports::exchange& with) -> task<> {
        const std::array<field, 1> fields{{{"x-model", "a\r\nset-cookie: b"}}};
        co_await with.send(200, fields, "");
    });
    raw_client client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(client.read_answer().find("\r\nx-model: a  set-cookie: b\r\n"), std::string::npos);
}

TEST(server, a_bug_in_the_handler_is_a_500_and_reported) {
    std::string reported;
    server_options options = on_loopback();
    options.on_bug = [&](std::string_view what) { reported += std::string(what) + ";"; };
    running_server server(
        [](ports::exchange& with) -> task<> {
            if (with.path() == "/throw") throw std::runtime_error("thrown");
            co_return;
        },
        options);
    raw_client client(server.port());
    client.send("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(client.read_answer()), 500);
    client.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(client.read_answer()), 500);
    server.connections();
    EXPECT_EQ(reported, "thrown;the handler returned without an answer;");
}

TEST(server, connections_beyond_the_maximum_are_turned_away) {
    server_options options = on_loopback();
    options.connections_max = 1;
    running_server server(echo, options);
    raw_client first(server.port());
    first.send(post(""));
    EXPECT_EQ(status_of(first.read_answer()), 200);
    raw_client second(server.port());
    EXPECT_EQ(status_of(second.read_answer()), 503);
    EXPECT_EQ(second.read_to_end(), "");
    first.send(post(""));
    EXPECT_EQ(status_of(first.read_answer()), 200);
}

TEST(server, several_servers_share_a_port) {
    server_options options = on_loopback();
    options.reuse_port = true;
    running_server first(echo, options);
    options.endpoint.port(first.port());
    running_server second(echo, options);
    EXPECT_EQ(first.port(), second.port());
    raw_client client(first.port());
    client.send(post("x"));
    EXPECT_EQ(status_of(client.read_answer()), 200);
}

TEST(server, trusted_proxies_speak_for_their_clients) {
    server_options options = on_loopback();
    options.trusted_proxies = {"127.0.0.0/8"};
    running_server trusting(echo, options);
    running_server wary(echo);
    const std::string request = post("", "X-Forwarded-For: 203.0.113.5\r\n");
    raw_client one(trusting.port());
    one.send(request + post(""));
    EXPECT_EQ(body_of(one.read_answer()), "POST /p?q=1 203.0.113.5 ");
    EXPECT_EQ(body_of(one.read_answer()), "POST /p?q=1 127.0.0.1 ");
    raw_client other(wary.port());
    other.send(request);
    EXPECT_EQ(body_of(other.read_answer()), "POST /p?q=1 127.0.0.1 ");
}

TEST(server, the_proxy_protocol_is_read_from_trusted_proxies_only) {
    server_options options = on_loopback();
    options.proxy_protocol = true;
    const std::string header = "PROXY TCP4 203.0.113.5 192.0.2.2 5000 80\r\n";
    {
        options.trusted_proxies = {"127.0.0.1"};
        running_server server(echo, options);
        raw_client whole(server.port());
        whole.send(header + post("x"));
        EXPECT_EQ(body_of(whole.read_answer()), "POST /p?q=1 203.0.113.5 x");
        raw_client parts(server.port());
        for (const char c : header) {
            parts.send({&c, 1});
            server.connections();
        }
        parts.send(post("x"));
        EXPECT_EQ(body_of(parts.read_answer()), "POST /p?q=1 203.0.113.5 x");
        raw_client none(server.port());
        none.send(post("x"));
        EXPECT_EQ(none.read_to_end(), "");
    }
    options.trusted_proxies = {"192.0.2.0/24"};
    running_server server(echo, options);
    raw_client client(server.port());
    client.send(header + post("x"));
    EXPECT_EQ(status_of(client.read_answer()), 400);
    raw_client direct(server.port());
    direct.send(post("x"));
    EXPECT_EQ(body_of(direct.read_answer()), "POST /p?q=1 127.0.0.1 x");
}

TEST(server, wrong_options_are_refused_at_the_start) {
    server_options options = on_loopback();
    options.trusted_proxies = {"10.0.0.0/99"};
    net::io_context io;
    ticker tick(io.get_executor());
    EXPECT_THROW(server(io.get_executor(), tick, options, echo), std::runtime_error);
}

}
}
