// Connections kept, used again, replaced when stale, and never mixed up.

#include "pool_fixture.hpp"

#include <tollgate/core/limits.hpp>

#include <random>

namespace tollgate::upstream {
namespace {

class upstream_connections : public pool_fixture {
protected:
    scripted_peer::script echo_script() {
        return [this](peer_link& link) -> task<> {
            for (;;) {
                const std::string request = co_await link.request();
                if (request.empty()) co_return;
                requests.push_back(request);
                co_await link.send(ok_answer(request.substr(request.find("\r\n\r\n") + 4)));
            }
        };
    }
    std::vector<std::string> requests;
};

TEST_F(upstream_connections, one_connection_serves_requests_one_after_the_other) {
    scripted_peer peer(io, echo_script());
    for (int i = 0; i < 5; ++i) EXPECT_EQ(run({.to = peer.entry(), .body = std::to_string(i)}).body, std::to_string(i));
    EXPECT_EQ(peer.accepted, 1);
    EXPECT_EQ(pool->counts().opened, 1u);
    EXPECT_EQ(pool->counts().reused, 4u);
    EXPECT_EQ(pool->counts().idle, 1u);
    EXPECT_EQ(lookups.size(), 1u);
}

TEST_F(upstream_connections, the_request_arrives_whole_with_the_providers_credential) {
    scripted_peer peer(io, echo_script());
    const auto to = peer.entry();
    run({.to = to, .body = "{\"model\":\"m\"}"});
    ASSERT_EQ(requests.size(), 1u);
    EXPECT_EQ(requests[0], "POST /v1/chat/completions HTTP/1.1\r\nhost: provider.test:" + std::to_string(to->port) +
                               "\r\nauthorization: Bearer secret\r\ncontent-type: application/json\r\n"
                               "accept-encoding: identity\r\ncontent-length: 13\r\n\r\n{\"model\":\"m\"}");
}

TEST_F(upstream_connections, each_provider_sees_its_own_credential_only) {
    scripted_peer first(io, echo_script());
    scripted_peer second(io, echo_script());
    const auto a = first.entry(), b = second.entry(), same_place = first.entry();
    b->credential = "other";
    same_place->name = "q";
    same_place->credential = "third";
    for (int i = 0; i < 2; ++i)
        for (const auto& to : {a, b, same_place}) run({.to = to});
    ASSERT_EQ(requests.size(), 6u);
    const char* expected[] = {"Bearer secret\r\n", "Bearer other\r\n", "Bearer third\r\n"};
    for (std::size_t i = 0; i < requests.size(); ++i)
        EXPECT_NE(requests[i].find(expected[i % 3]), std::string::npos) << i;
    EXPECT_EQ(first.accepted, 2) << "two providers never share a connection, even at one address";
    EXPECT_EQ(second.accepted, 1);
}

TEST_F(upstream_connections, survive_a_catalogue_reload) {
    scripted_peer peer(io, echo_script());
    run({.to = peer.entry()});
    const auto reloaded = peer.entry();
    reloaded->credential = "new";
    run({.to = reloaded});
    EXPECT_EQ(peer.accepted, 1);
    EXPECT_NE(requests[1].find("Bearer new"), std::string::npos);
}

TEST_F(upstream_connections, are_not_shared_once_the_trust_changes) {
    scripted_peer peer(io, echo_script());
    run({.to = peer.entry()});
    const auto reloaded = peer.entry();
    reloaded->verify_tls = false;
    run({.to = reloaded});
    EXPECT_EQ(peer.accepted, 2);
}

TEST_F(upstream_connections, the_last_used_goes_out_first_and_the_rest_grow_old) {
    pool = std::make_unique<upstream_pool>(io.get_executor(), clock, contexts, names, 120);
    std::vector<int> used;
    std::vector<shared_progress> open;
    bool hold = true;
    scripted_peer peer(io, [&](peer_link& link) -> task<> {
        while (!(co_await link.request()).empty()) {
            used.push_back(link.number);
            while (hold) co_await net::post(io, use_task);
            co_await link.send(ok_answer("x"));
        }
    });
    for (int i = 0; i < 3; ++i) open.push_back(start({.to = peer.entry()}));
    until([&] { return used.size() == 3; });
    hold = false;
    for (const auto& one : open) until([&] { return one->done; });
    EXPECT_EQ(pool->counts().idle, 3u);
    used.clear();
    run({.to = peer.entry()});
    const int last = used.at(0);
    run({.to = peer.entry()});
    EXPECT_EQ(used.at(1), last);
    until([&] { return pool->counts().idle == 0; });
    EXPECT_EQ(peer.accepted, 3);
}

TEST_F(upstream_connections, idle_ones_leave_when_the_peer_closes) {
    bool leave = false;
    scripted_peer peer(io, [&](peer_link& link) -> task<> {
        co_await link.request();
        co_await link.send(ok_answer("x"));
        while (!leave) co_await net::post(io, use_task);
    });
    run({.to = peer.entry()});
    EXPECT_EQ(pool->counts().idle, 1u);
    leave = true;
    until([&] { return pool->counts().idle == 0; });
}

TEST_F(upstream_connections, no_more_than_the_maximum_stay_idle) {
    const provider to;
    lane subject(to, 1000);
    std::vector<tcp_socket> peers;
    tcp_acceptor acceptor(io.get_executor(), {net::ip::address_v4::loopback(), 0});
    for (std::size_t i = 0; i < limits::upstream_idle_connections_max + 1; ++i) {
        auto one = std::make_unique<connection>(io.get_executor(), clock);
        one->stream().socket().connect(acceptor.local_endpoint());
        peers.push_back(acceptor.accept());
        subject.put(std::move(one));
    }
    EXPECT_EQ(subject.idle(), limits::upstream_idle_connections_max);
    EXPECT_NE(subject.take(), nullptr);
    subject.close();
    EXPECT_EQ(subject.idle(), 0u);
}

// --- never mixed up ------------------------------------------------------------------------------------------

TEST_F(upstream_connections, bytes_nobody_asked_for_are_never_an_answer) {
    struct row {
        const char* what;
        bool with_the_answer; // in the same write, else once the connection is idle
        std::string surplus;
    };
    const row rows[] = {
        {"a second answer in one go", true, ok_answer("foreign")},
        {"a second answer later", false, ok_answer("foreign")},
        {"one byte", false, "H"},
        {"a timeout notice", false, "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.what);
        bool surplus_sent = false, send_surplus = false;
        scripted_peer peer(io, [&, r](peer_link& link) -> task<> {
            co_await link.request();
            co_await link.send(ok_answer("own") + (r.with_the_answer ? r.surplus : ""));
            if (link.number != 0) co_return co_await link.closed();
            while (!send_surplus) co_await net::post(io, use_task);
            if (!r.with_the_answer) co_await link.send(r.surplus);
            surplus_sent = true;
            co_await link.closed();
        });
        EXPECT_EQ(run({.to = peer.entry()}).body, "own");
        send_surplus = true;
        until([&] { return surplus_sent; });
        EXPECT_EQ(run({.to = peer.entry()}).body, "own");
        EXPECT_EQ(peer.accepted, 2);
    }
    EXPECT_EQ(pool->counts().replayed, 0u);
}

TEST_F(upstream_connections, an_answer_left_early_closes_its_connection) {
    bool closed = false;
    scripted_peer peer(io, [&](peer_link& link) -> task<> {
        co_await link.request();
        if (link.number == 1) {
            co_await link.send(ok_answer("second"));
            co_return co_await link.closed();
        }
        co_await link.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart");
        co_await link.closed();
        closed = true;
    });
    EXPECT_EQ(run({.to = peer.entry(), .reads_max = 1}).body, "part");
    until([&] { return closed; });
    EXPECT_EQ(run({.to = peer.entry()}).body, "second");
    EXPECT_EQ(peer.accepted, 2);
}

TEST_F(upstream_connections, an_answer_read_to_its_last_byte_keeps_the_connection_even_without_asking_for_the_end) {
    scripted_peer peer(io, echo_script());
    run({.to = peer.entry(), .body = "x", .reads_max = 1});
    EXPECT_EQ(pool->counts().idle, 1u);
}

TEST_F(upstream_connections, many_at_once_each_get_their_own_answer) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    scripted_peer peer(io, [&](peer_link& link) -> task<> {
        for (;;) {
            const std::string request = co_await link.request();
            if (request.empty()) co_return;
            const std::string body = request.substr(request.find("\r\n\r\n") + 4);
            for (unsigned wait = random() % 8; wait > 0; --wait) co_await link.pause();
            std::string wire = ok_answer(body);
            if (random() % 2 == 0)
                wire = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n" + body.substr(0, 1) + "\r\n9\r\n" +
                       body.substr(1) + "\r\n0\r\n\r\n";
            const std::size_t at = random() % wire.size();
            co_await link.send(wire.substr(0, at));
            co_await link.pause();
            if (random() % 16 == 0) co_return; // cut
            co_await link.send(wire.substr(at));
        }
    });
    std::vector<std::pair<std::string, shared_progress>> all;
    const auto to = peer.entry();
    std::size_t cut = 0;
    for (int round = 0; round < 30; ++round) {
        for (int i = 0; i < 20; ++i) {
            const std::string body = std::to_string(1'000'000'000 + round * 100 + i);
            all.emplace_back(body, start({.to = to, .body = body}));
        }
        for (const auto& [body, seen] : all) {
            until([&] { return seen->done; });
            if (seen->why) {
                ++cut;
                EXPECT_EQ(body.find(seen->body), 0u);
                continue;
            }
            EXPECT_EQ(seen->body, body);
        }
        all.clear();
    }
    EXPECT_GT(cut, 0u);
    EXPECT_GT(pool->counts().reused, 300u);
}

TEST_F(upstream_connections, an_answer_may_outlive_the_pool) {
    bool go_on = false;
    scripted_peer peer(io, [&](peer_link& link) -> task<> {
        co_await link.request();
        co_await link.send("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\npart");
        while (!go_on) co_await net::post(io, use_task);
        co_await link.send("rest");
        co_await link.closed();
    });
    const shared_progress seen = start({.to = peer.entry()});
    until([&] { return seen->body == "part"; });
    pool.reset();
    go_on = true;
    until([&] { return seen->done; });
    EXPECT_EQ(seen->body, "partrest");
    EXPECT_FALSE(seen->why);
}

TEST_F(upstream_connections, a_large_request_arrives_whole) {
    scripted_peer peer(io, echo_script());
    std::string body(3'000'000, ' ');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
    EXPECT_TRUE(run({.to = peer.entry(), .body = body}).body == body);
}

TEST_F(upstream_connections, an_answer_before_the_request_was_read_counts_although_the_peer_then_closes) {
    scripted_peer peer(io, [](peer_link& link) -> task<> {
        co_await link.send("HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\n\r\nlarge");
    });
    const progress got = run({.to = peer.entry(), .body = std::string(8'000'000, 'x')});
    ASSERT_TRUE(got.opened) << got.why->detail;
    EXPECT_EQ(got.status, 413);
    EXPECT_EQ(got.body, "large");
    EXPECT_EQ(pool->counts().idle, 0u);
}

TEST_F(upstream_connections, a_path_that_would_break_the_head_is_refused_unsent) {
    scripted_peer peer(io, echo_script());
    const auto to = peer.entry();
    to->path_prefix = "/v1";
    bool done = false;
    const auto work = [&]() -> task<> {
        const ports::upstream_request request{
            .to = to.get(), .path = "/x HTTP/1.1\r\nevil: 1", .fields = {}, .body = {}};
        auto got = co_await pool->open(request, stop);
        EXPECT_FALSE(got);
        EXPECT_FALSE(got.error().sent);
        done = true;
    };
    net::co_spawn(io, work, [](std::exception_ptr) {});
    until([&] { return done; });
    EXPECT_EQ(peer.accepted, 0);
}

}
}
