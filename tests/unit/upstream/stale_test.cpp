// Kept connections that the provider has closed meanwhile: replaced once, silently, and only when that is safe.

#include "pool_fixture.hpp"

#include <optional>

namespace tollgate::upstream {
namespace {

enum class ending { close, reset };

// Answers one request per connection as it should, and does `then` with the second request; connections other than the
// first do `then` at once when `always`.
struct stale_case {
    ending how = ending::close;
    std::string before; // sent in place of an answer
    bool always = false;
};

class stale_connections : public pool_fixture {
protected:
    void play(stale_case what) {
        peer.emplace(io, [this, what](peer_link& link) -> task<> {
            if (!what.always || link.number == 0) {
                if ((co_await link.request()).empty()) co_return;
                ++requests;
                co_await link.send(ok_answer("fine"));
                if (link.number != 0) co_return co_await link.closed();
            }
            if ((co_await link.request()).empty()) co_return;
            ++requests;
            if (!what.before.empty()) {
                co_await link.send(what.before);
                co_await link.pause();
            }
            if (what.how == ending::reset) link.stream.reset();
        });
        EXPECT_EQ(run({.to = peer->entry()}).body, "fine");
    }
    std::optional<scripted_peer> peer;
    int requests = 0;
};

TEST_F(stale_connections, are_replaced_once_and_silently) {
    for (const ending how : {ending::close, ending::reset}) {
        play({.how = how, .before = {}, .always = false});
        const auto before = pool->counts().replayed;
        const progress got = run({.to = peer->entry()});
        EXPECT_FALSE(got.why);
        EXPECT_EQ(got.body, "fine");
        EXPECT_EQ(peer->accepted, 2);
        EXPECT_EQ(pool->counts().replayed, before + 1);
    }
}

TEST_F(stale_connections, are_replaced_only_once) {
    for (const ending how : {ending::close, ending::reset}) {
        requests = 0;
        play({.how = how, .before = {}, .always = true});
        const progress got = run({.to = peer->entry()});
        ASSERT_TRUE(got.why);
        EXPECT_EQ(got.why->code, errc::provider_unavailable);
        EXPECT_TRUE(got.sent);
        EXPECT_EQ(peer->accepted, 2);
        EXPECT_EQ(requests, 3);
    }
}

TEST_F(stale_connections, are_not_replaced_once_a_byte_of_the_answer_came) {
    for (const std::string before : {"H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n"}) {
        for (const ending how : {ending::close, ending::reset}) {
            play({.how = how, .before = before, .always = false});
            const progress got = run({.to = peer->entry()});
            ASSERT_TRUE(got.why) << before;
            EXPECT_EQ(got.why->code, errc::provider_unavailable);
            EXPECT_TRUE(got.sent);
            EXPECT_EQ(peer->accepted, 1);
        }
    }
    EXPECT_EQ(pool->counts().replayed, 0u);
}

TEST_F(stale_connections, are_noticed_before_anything_is_sent_when_the_end_has_come_already) {
    scripted_peer closing(io, [](peer_link& link) -> task<> {
        co_await link.request();
        co_await link.send(ok_answer("fine"));
    });
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(run({.to = closing.entry()}).body, "fine");
        until([&] { return closing.accepted == i + 1; });
    }
    EXPECT_EQ(pool->counts().replayed, 0u);
}

TEST_F(stale_connections, a_new_connection_that_ends_without_an_answer_is_not_replayed) {
    for (const ending how : {ending::close, ending::reset}) {
        scripted_peer rude(io, [how](peer_link& link) -> task<> {
            co_await link.request();
            if (how == ending::reset) link.stream.reset();
        });
        const progress got = run({.to = rude.entry()});
        ASSERT_TRUE(got.why);
        EXPECT_EQ(got.why->code, errc::provider_unavailable);
        EXPECT_TRUE(got.sent);
        EXPECT_EQ(rude.accepted, 1);
    }
}

TEST_F(stale_connections, the_second_try_keeps_that_the_first_may_have_arrived) {
    scripted_peer leaving(io, [](peer_link& link) -> task<> {
        co_await link.request();
        co_await link.send(ok_answer("fine"));
        co_await link.request();
    });
    const auto to = leaving.entry();
    run({.to = to});
    leaving.stop_listening();
    const progress got = run({.to = to});
    ASSERT_TRUE(got.why);
    EXPECT_EQ(got.why->code, errc::provider_unavailable);
    EXPECT_TRUE(got.sent);
}

}
}
