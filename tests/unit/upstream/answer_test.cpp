// Answers as they come over the wire: framing, splits, encodings, cuts.

#include "compress.hpp"
#include "pool_fixture.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::upstream {
namespace {

class upstream_answers : public pool_fixture {
protected:
    // Every request is answered with `wire`, sent in two parts.
    struct split_answer {
        std::string wire;
        std::size_t at = 0;
        bool close = false;
    } next;

    scripted_peer peer{io, [this](peer_link& link) -> task<> {
                           while (!(co_await link.request()).empty()) {
                               const split_answer now = next;
                               co_await link.send(now.wire.substr(0, now.at));
                               co_await link.pause();
                               co_await link.send(now.wire.substr(now.at));
                               if (now.close) co_return;
                           }
                       }};

    progress answered(std::string wire, bool close = false, std::size_t at = 0) {
        next = {.wire = std::move(wire), .at = at, .close = close};
        return run({.to = peer.entry()});
    }
};

TEST_F(upstream_answers, every_framing_gives_the_same_body_however_it_is_split) {
    struct row {
        const char* what;
        std::string wire;
        bool close;
        std::string body;
        bool reused;
    };
    const row rows[] = {
        {"length", ok_answer("hello world"), false, "hello world", true},
        {"length, asked to close", ok_answer("hello", "connection: close\r\n"), false, "hello", false},
        {"zero length", ok_answer(""), false, "", true},
        {"chunked",
         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1;x\r\n \r\n5\r\nworld\r\n0\r\nt: "
         "1\r\n\r\n",
         false, "hello world", true},
        {"until close", "HTTP/1.1 200 OK\r\n\r\nhello world", true, "hello world", false},
        {"until close, nothing", "HTTP/1.0 200 OK\r\n\r\n", true, "", false},
        {"no content", "HTTP/1.1 204 No Content\r\n\r\n", false, "", true},
        {"interim answers first",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\na: b\r\n\r\n" + ok_answer("hello"), false, "hello", true},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.what);
        for (std::size_t at = 0; at < r.wire.size(); ++at) {
            const auto before = pool->counts();
            const progress got = answered(r.wire, r.close, at);
            ASSERT_FALSE(got.why) << at << ": " << got.why->detail;
            ASSERT_EQ(got.body, r.body) << at;
            ASSERT_EQ(pool->counts().idle, r.reused ? 1u : 0u) << at;
            ASSERT_EQ(pool->counts().replayed, before.replayed);
        }
    }
}

TEST_F(upstream_answers, several_chunks_of_one_read_come_as_one_piece) {
    const progress got =
        answered("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
    EXPECT_EQ(got.body, "abcdef");
    EXPECT_EQ(got.reads, 1u);
}

TEST_F(upstream_answers, a_cut_body_is_never_a_clean_end) {
    const std::string length = ok_answer("hello world");
    const std::string chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for (const std::string& wire : {length, chunked}) {
        for (std::size_t size = wire.find("\r\n\r\n") + 4; size < wire.size(); ++size) {
            const progress got = answered(wire.substr(0, size), true);
            ASSERT_TRUE(got.opened);
            ASSERT_TRUE(got.why) << size;
            EXPECT_EQ(got.why->code, errc::stream_truncated);
            EXPECT_EQ(pool->counts().idle, 0u);
        }
    }
}

TEST_F(upstream_answers, malformed_chunks_end_the_stream_behind_what_was_good) {
    const progress got = answered("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n");
    EXPECT_EQ(got.body, "hello");
    ASSERT_TRUE(got.why);
    EXPECT_EQ(got.why->code, errc::stream_truncated);
    EXPECT_EQ(pool->counts().idle, 0u);
}

TEST_F(upstream_answers, a_doubtful_head_is_the_providers_error) {
    std::string many;
    for (std::size_t i = 0; i <= limits::interim_answers_max; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
    const std::string rows[] = {
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        "SSH-2.0-server\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: " + std::string(limits::upstream_head_bytes_max, 'x'),
        many,
    };
    for (const std::string& wire : rows) {
        const progress got = answered(wire);
        ASSERT_TRUE(got.why) << wire.substr(0, 60);
        EXPECT_EQ(got.why->code, errc::provider_error);
        EXPECT_TRUE(got.sent);
        EXPECT_FALSE(got.opened);
        EXPECT_EQ(pool->counts().idle, 0u);
    }
}

TEST_F(upstream_answers, a_large_head_and_a_large_body_pass) {
    std::string body(3'000'000, ' ');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
    const progress got = answered(ok_answer(body, "x-large: " + std::string(20'000, 'x') + "\r\n"));
    EXPECT_TRUE(got.body == body);
    ASSERT_EQ(got.fields.size(), 1u);
    EXPECT_EQ(got.fields[0].second, std::string(20'000, 'x'));
    EXPECT_EQ(pool->counts().idle, 1u);
}

TEST_F(upstream_answers, compressed_bodies_are_inflated_although_identity_was_asked_for) {
    std::string text;
    for (int i = 0; i < 5'000; ++i) text += "data: " + std::to_string(i * 7919) + "\n\n";
    struct row {
        const char* name;
        packing how;
    };
    for (const row& r : {row{"gzip", packing::gzip}, row{"deflate", packing::zlib}}) {
        const std::string wire = packed(text, r.how);
        const std::string encoding = std::string("content-encoding: ") + r.name + "\r\n";
        for (const std::size_t at : {std::size_t{0}, std::size_t{90}, wire.size() / 2}) {
            const progress got = answered(ok_answer(wire, encoding), false, at);
            ASSERT_FALSE(got.why) << got.why->detail;
            EXPECT_TRUE(got.body == text);
            EXPECT_TRUE(got.fields.empty()) << "content-encoding no longer holds";
            EXPECT_EQ(pool->counts().idle, 1u);
        }
        const progress cut = answered(ok_answer(wire.substr(0, wire.size() - 5), encoding));
        ASSERT_TRUE(cut.why);
        EXPECT_EQ(cut.why->code, errc::stream_truncated);
    }
    const progress empty = answered(ok_answer("", "content-encoding: gzip\r\n"));
    EXPECT_FALSE(empty.why);
}

TEST_F(upstream_answers, other_encodings_are_the_providers_error) {
    for (const char* name : {"br", "zstd"}) {
        const progress got = answered(ok_answer("????", std::string("content-encoding: ") + name + "\r\n"));
        ASSERT_TRUE(got.why);
        EXPECT_EQ(got.why->code, errc::provider_error);
        EXPECT_TRUE(got.sent);
        EXPECT_EQ(pool->counts().idle, 0u);
    }
}

TEST_F(upstream_answers, redirects_are_answers_like_any_other) {
    const progress got = answered("HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n");
    EXPECT_EQ(got.status, 307);
    EXPECT_EQ(peer.accepted, 1);
}

TEST_F(upstream_answers, the_answer_to_head_has_no_body) {
    next = {.wire = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", .at = 0, .close = false};
    for (int i = 0; i < 2; ++i) {
        const progress got = run({.to = peer.entry(), .body = "", .method = "HEAD"});
        EXPECT_EQ(got.status, 200);
        EXPECT_EQ(got.body, "");
    }
    EXPECT_EQ(peer.accepted, 1);
}

}
}
