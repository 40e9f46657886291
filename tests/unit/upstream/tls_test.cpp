// Providers over TLS: who is trusted, what a handshake failure tells, and resumption.

#include "pool_fixture.hpp"
#include "test_identity.hpp"

namespace tollgate::upstream {
namespace {

class upstream_tls : public pool_fixture {
protected:
    upstream_tls() {
        SSL_CTX_set_tlsext_servername_callback(trusted.server->native_handle(), note_server_name);
        SSL_CTX_set_tlsext_servername_arg(trusted.server->native_handle(), this);
    }

    static int note_server_name(SSL* connection, int*, void* self) {
        const char* name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
        static_cast<upstream_tls*>(self)->server_names.emplace_back(name != nullptr ? name : "");
        return SSL_TLSEXT_ERR_OK;
    }

    static task<> answer_all(peer_link& link) {
        while (!(co_await link.request()).empty()) co_await link.send(ok_answer("fine"));
    }

    static task<> answer_and_close(peer_link& link) {
        co_await link.request();
        co_await link.send(ok_answer("fine", "connection: close\r\n"));
    }

    std::shared_ptr<provider> entry(const scripted_peer& peer, std::string host, std::string ca_file) {
        auto to = peer.entry(std::move(host));
        to->ca_file = std::move(ca_file);
        return to;
    }

    test_identity trusted = make_identity("DNS:provider.test,IP:127.0.0.1", "trusted.pem");
    test_identity stranger = make_identity("DNS:provider.test", "stranger.pem");
    std::vector<std::string> server_names;
};

TEST_F(upstream_tls, a_verified_provider_is_served_and_its_connection_kept) {
    scripted_peer peer(io, answer_all, trusted.server);
    for (int i = 0; i < 3; ++i) {
        const progress got =
            run({.to = entry(peer, "provider.test", trusted.ca_file), .body = std::string(50'000, 'x')});
        ASSERT_FALSE(got.why) << got.why->detail;
        EXPECT_EQ(got.body, "fine");
    }
    EXPECT_EQ(peer.accepted, 1);
    EXPECT_EQ(server_names, std::vector<std::string>{"provider.test"});
}

TEST_F(upstream_tls, an_address_is_verified_too) {
    scripted_peer peer(io, answer_all, trusted.server);
    const progress got = run({.to = entry(peer, "127.0.0.1", trusted.ca_file)});
    ASSERT_FALSE(got.why) << got.why->detail;
    EXPECT_EQ(server_names, std::vector<std::string>{""}) << "addresses are no server names";
}

TEST_F(upstream_tls, who_can_not_be_verified_gets_nothing) {
    struct row {
        const char* what;
        const test_identity* serves;
        const char* host;
        std::string ca_file;
    };
    const row rows[] = {
        {"another host's certificate", &trusted, "other.test", trusted.ca_file},
        {"a parent domain", &trusted, "sub.provider.test", trusted.ca_file},
        {"another address", &stranger, "127.0.0.1", stranger.ca_file},
        {"a certificate nobody trusts", &stranger, "provider.test", trusted.ca_file},
        {"a certificate the system does not trust", &trusted, "provider.test", ""},
        {"no CA file", &trusted, "provider.test", "/nonexistent/ca.pem"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.what);
        bool served = false;
        scripted_peer peer(
            io, [&served](peer_link& link) -> task<> { served = !(co_await link.request()).empty(); },
            r.serves->server);
        const progress got = run({.to = entry(peer, r.host, r.ca_file)});
        ASSERT_TRUE(got.why);
        EXPECT_EQ(got.why->code, errc::provider_unavailable);
        EXPECT_FALSE(got.sent);
        EXPECT_FALSE(served);
        EXPECT_EQ(got.why->detail.find("secret"), std::string::npos);
    }
}

TEST_F(upstream_tls, verification_can_be_switched_off) {
    scripted_peer peer(io, answer_all, stranger.server);
    const auto to = entry(peer, "other.test", "");
    to->verify_tls = false;
    const progress got = run({.to = to});
    EXPECT_FALSE(got.why);
    EXPECT_EQ(got.body, "fine");
}

TEST_F(upstream_tls, sessions_are_resumed_by_the_next_connection) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        test_identity identity = make_identity("DNS:provider.test", "resumed.pem");
        SSL_CTX* const server = identity.server->native_handle();
        SSL_CTX_set_max_proto_version(server, version);
        scripted_peer peer(io, answer_and_close, identity.server);
        for (int i = 0; i < 4; ++i) {
            const progress got = run({.to = entry(peer, "provider.test", identity.ca_file)});
            ASSERT_FALSE(got.why) << got.why->detail;
        }
        EXPECT_EQ(peer.accepted, 4);
        EXPECT_EQ(SSL_CTX_sess_hits(server), 3) << version;
    }
}

TEST_F(upstream_tls, old_versions_are_refused) {
    SSL_CTX_set_security_level(trusted.server->native_handle(), 0);
    SSL_CTX_set_max_proto_version(trusted.server->native_handle(), TLS1_1_VERSION);
    scripted_peer peer(io, answer_all, trusted.server);
    const progress got = run({.to = entry(peer, "provider.test", trusted.ca_file)});
    ASSERT_TRUE(got.why);
    EXPECT_FALSE(got.sent);
}

TEST_F(upstream_tls, a_peer_that_does_not_speak_it_is_unavailable) {
    scripted_peer peer(io, [](peer_link& link) -> task<> {
        co_await link.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        co_await link.closed();
    });
    const auto to = peer.entry();
    to->tls = true;
    const progress got = run({.to = to});
    ASSERT_TRUE(got.why);
    EXPECT_EQ(got.why->code, errc::provider_unavailable);
    EXPECT_FALSE(got.sent);
}

TEST_F(upstream_tls, a_body_until_the_end_needs_a_goodbye) {
    bool say_goodbye = false;
    scripted_peer peer(
        io,
        [&](peer_link& link) -> task<> {
            co_await link.request();
            co_await link.send("HTTP/1.1 200 OK\r\n\r\nbody");
            if (!say_goodbye) link.stream.close();
        },
        trusted.server);
    const progress cut = run({.to = entry(peer, "provider.test", trusted.ca_file)});
    ASSERT_TRUE(cut.why);
    EXPECT_EQ(cut.why->code, errc::stream_truncated);
    say_goodbye = true;
    const progress whole = run({.to = entry(peer, "provider.test", trusted.ca_file)});
    EXPECT_FALSE(whole.why);
    EXPECT_EQ(whole.body, "body");
}

TEST_F(upstream_tls, surplus_inside_the_same_record_or_the_next_is_never_the_next_answer) {
    for (const bool one_record : {true, false}) {
        scripted_peer peer(
            io,
            [one_record](peer_link& link) -> task<> {
                co_await link.request();
                if (link.number == 0 && one_record) co_await link.send(ok_answer("own") + ok_answer("foreign"));
                if (link.number == 0 && !one_record) {
                    co_await link.send(ok_answer("own"));
                    co_await link.send(ok_answer("foreign"));
                }
                if (link.number != 0) co_await link.send(ok_answer("own"));
                co_await link.closed();
            },
            trusted.server);
        for (int i = 0; i < 2; ++i) {
            const progress got = run({.to = entry(peer, "provider.test", trusted.ca_file)});
            EXPECT_EQ(got.body, "own");
            for (int turn = 0; turn < 20; ++turn) io.poll_one();
        }
        EXPECT_EQ(peer.accepted, 2);
    }
}

TEST_F(upstream_tls, a_large_body_passes_both_ways) {
    scripted_peer peer(
        io,
        [](peer_link& link) -> task<> {
            const std::string request = co_await link.request();
            co_await link.send(ok_answer(request.substr(request.find("\r\n\r\n") + 4)));
            co_await link.closed();
        },
        trusted.server);
    std::string body(1'000'000, ' ');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
    EXPECT_TRUE(run({.to = entry(peer, "provider.test", trusted.ca_file), .body = body}).body == body);
}

}
}
