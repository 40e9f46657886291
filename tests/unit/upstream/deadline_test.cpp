// Deadlines, stops and broken connections at every phase of an exchange: the wait ends, and `sent` tells the truth.

#include "pool_fixture.hpp"

#include <optional>
#include <sys/socket.h>

namespace tollgate::upstream {
namespace {

enum class phase { resolving, connecting, handshake, sending, first_byte, in_head, in_body };

struct phase_row {
    phase where;
    const char* name;
    bool sent;
};

constexpr phase_row phases[] = {
    {phase::resolving, "resolving", false},  {phase::connecting, "connecting", false},
    {phase::handshake, "handshake", false},  {phase::sending, "sending", true},
    {phase::first_byte, "first byte", true}, {phase::in_head, "in the head", true},
    {phase::in_body, "in the body", true},
};

// A listener whose queue is full: connecting to it takes for ever.
class full_listener {
public:
    explicit full_listener(net::io_context& io) : acceptor_(io.get_executor(), net::ip::tcp::v4()) {
        acceptor_.bind({net::ip::address_v4::loopback(), 0});
        acceptor_.listen(0);
        for (int i = 0; i < 8; ++i) {
            waiting_.emplace_back(io.get_executor(), net::ip::tcp::v4());
            // Asio's own would wait for the outcome.
            waiting_.back().native_non_blocking(true);
            const auto to = acceptor_.local_endpoint();
            ::connect(waiting_.back().native_handle(), to.data(), static_cast<socklen_t>(to.size()));
        }
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    tcp_acceptor acceptor_;
    std::vector<tcp_socket> waiting_;
};

class upstream_phases : public pool_fixture {
protected:
    // A request that gets stuck in that phase; `stuck()` tells when it is there.
    void get_stuck(phase where, const std::function<void(provider&)>& adjust = [](provider&) {}) {
        at_ = where;
        reached_ = false;
        opened_before_ = clock.size();
        lookup_silent = where == phase::resolving;
        names_before_ = lookups.size();
        peer_.emplace(io, [this, where](peer_link& link) -> task<> {
            if (where == phase::handshake || where == phase::sending) {
                reached_ = true;
                for (;;) co_await net::post(io, use_task);
            }
            co_await link.request();
            if (where == phase::in_head) co_await link.send("HTTP/1.1 200 OK\r\ncontent-le");
            if (where == phase::in_body) co_await link.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\npart");
            co_await link.pause();
            reached_ = true;
            co_await link.closed();
            closed_ = true;
        });
        ask what{.to = peer_->entry("host-" + std::to_string(++hosts_) + ".test")};
        if (where == phase::connecting) {
            full_.emplace(io);
            what.to->port = full_->port();
        }
        if (where == phase::handshake) what.to->tls = true;
        if (where == phase::sending) what.body = std::string(20'000'000, 'x');
        adjust(*what.to);
        signal_ = std::make_unique<stop_signal>();
        seen_ = start(std::move(what), signal_.get());
    }

    void wait_until_stuck() {
        until([&] {
            switch (at_) {
            case phase::resolving: return lookups.size() > names_before_;
            case phase::connecting: return clock.size() > opened_before_ && lookups.size() > names_before_;
            case phase::in_body: return seen_->body == "part";
            default: return reached_;
            }
        });
        for (int i = 0; i < 20; ++i) io.poll_one();
        ASSERT_FALSE(seen_->done);
    }

    void expect_failed(const phase_row& row, errc code) {
        until([&] { return seen_->done; });
        ASSERT_TRUE(seen_->why);
        EXPECT_EQ(seen_->why->code, code) << seen_->why->detail;
        EXPECT_EQ(seen_->opened, row.where == phase::in_body);
        if (!seen_->opened) EXPECT_EQ(seen_->sent, row.sent) << seen_->why->detail;
        EXPECT_EQ(pool->counts().idle, 0u);
        EXPECT_EQ(pool->counts().replayed, 0u);
        EXPECT_EQ(clock.size(), opened_before_) << "the connection is gone";
    }

    std::optional<scripted_peer> peer_;
    std::optional<full_listener> full_;
    std::unique_ptr<stop_signal> signal_;
    shared_progress seen_;
    phase at_{};
    bool reached_ = false, closed_ = false;
    std::size_t opened_before_ = 0, names_before_ = 0;
    int hosts_ = 0;
};

TEST_F(upstream_phases, a_stop_ends_the_wait_wherever_it_is) {
    for (const phase_row& row : phases) {
        SCOPED_TRACE(row.name);
        get_stuck(row.where);
        wait_until_stuck();
        signal_->fire();
        expect_failed(row, errc::provider_unavailable);
    }
}

TEST_F(upstream_phases, a_deadline_ends_the_wait_wherever_it_is) {
    for (const phase_row& row : phases) {
        SCOPED_TRACE(row.name);
        get_stuck(row.where, [&](provider& to) {
            switch (row.where) {
            case phase::resolving:
            case phase::connecting:
            case phase::handshake: to.connect_ms = 60; break;
            case phase::sending:
            case phase::first_byte:
            case phase::in_head: to.first_byte_ms = 60; break;
            case phase::in_body: to.idle_ms = 60; break;
            }
        });
        expect_failed(row, errc::provider_timeout);
    }
}

TEST_F(upstream_phases, the_total_deadline_holds_in_every_phase) {
    for (const phase_row& row : phases) {
        SCOPED_TRACE(row.name);
        get_stuck(row.where, [](provider& to) { to.total_ms = 300; });
        expect_failed(row, errc::provider_timeout);
    }
}

TEST_F(upstream_phases, a_signal_that_fired_before_sends_nothing) {
    scripted_peer peer(io, [](peer_link& link) -> task<> { co_await link.closed(); });
    stop_signal fired;
    fired.fire();
    const shared_progress seen = start({.to = peer.entry()}, &fired);
    until([&] { return seen->done; });
    EXPECT_EQ(seen->why->code, errc::provider_unavailable);
    EXPECT_FALSE(seen->sent);
    EXPECT_EQ(pool->counts().opened, 0u);
}

TEST_F(upstream_phases, the_signal_is_free_for_others_while_nothing_waits) {
    scripted_peer peer(io, [](peer_link& link) -> task<> {
        co_await link.request();
        co_await link.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\npart");
        co_await link.closed();
    });
    bool mine = false, done = false;
    stop_signal signal;
    const auto to = peer.entry();
    const auto work = [&]() -> task<> {
        const ports::upstream_request request{.to = to.get(), .path = "/x", .fields = {}, .body = {}};
        auto got = co_await pool->open(request, signal);
        EXPECT_TRUE(got);
        if (!got) co_return;
        auto piece = co_await (*got)->read();
        EXPECT_TRUE(piece && *piece == "part");
        signal.on_fire([&] { mine = true; });
        signal.fire();
        piece = co_await (*got)->read();
        EXPECT_FALSE(piece);
        EXPECT_EQ(piece.error().code, errc::provider_unavailable);
        piece = co_await (*got)->read();
        EXPECT_FALSE(piece) << "failed once, failed for good";
        done = true;
    };
    net::co_spawn(io, work, [](std::exception_ptr) {});
    until([&] { return done; });
    EXPECT_TRUE(mine);
}

TEST_F(upstream_phases, a_stream_that_keeps_sending_still_ends_at_the_total_deadline) {
    scripted_peer peer(io, [this](peer_link& link) -> task<> {
        co_await link.request();
        co_await link.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        while (link.stream.is_open()) {
            error_code ec;
            co_await link.stream.write(net::buffer("1\r\nx\r\n", 6), ec);
            if (ec) co_return;
            co_await net::post(io, use_task);
        }
    });
    const progress got = run({.to = peer.entry(), .idle_ms = 10'000, .total_ms = 60});
    ASSERT_TRUE(got.why);
    EXPECT_EQ(got.why->code, errc::provider_timeout);
    EXPECT_GT(got.reads, 1u);
}

TEST_F(upstream_phases, the_idle_deadline_starts_anew_with_each_read) {
    scripted_peer peer(io, [this](peer_link& link) -> task<> {
        co_await link.request();
        co_await link.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        steady_timer gap(io.get_executor());
        for (int i = 0; i < 10; ++i) {
            gap.expires_after(std::chrono::milliseconds(150));
            co_await gap.async_wait(use_task);
            co_await link.send("1\r\nx\r\n");
        }
        co_await link.send("0\r\n\r\n");
        co_await link.closed();
    });
    const progress got = run({.to = peer.entry(), .idle_ms = 1'200});
    EXPECT_FALSE(got.why);
    EXPECT_EQ(got.body, "xxxxxxxxxx");
}

TEST_F(upstream_phases, a_replay_never_follows_a_deadline) {
    scripted_peer peer(io, [](peer_link& link) -> task<> {
        co_await link.request();
        co_await link.send(ok_answer("fine"));
        co_await link.closed();
    });
    run({.to = peer.entry()});
    const progress got = run({.to = peer.entry(), .first_byte_ms = 60});
    ASSERT_TRUE(got.why);
    EXPECT_EQ(got.why->code, errc::provider_timeout);
    EXPECT_TRUE(got.sent);
    EXPECT_EQ(peer.accepted, 1);
}

// --- connections that can not be made ------------------------------------------------------------------------

TEST_F(upstream_phases, a_refused_connection_sent_nothing) {
    scripted_peer peer(io, [](peer_link& link) -> task<> { co_await link.closed(); });
    const auto to = peer.entry();
    peer.stop_listening();
    const progress got = run({.to = to});
    ASSERT_TRUE(got.why);
    EXPECT_EQ(got.why->code, errc::provider_unavailable);
    EXPECT_FALSE(got.sent);
    EXPECT_EQ(pool->counts().failed, 1u);
}

TEST_F(upstream_phases, the_next_address_is_tried_when_one_does_not_answer) {
    scripted_peer peer(io, [](peer_link& link) -> task<> {
        while (!(co_await link.request()).empty()) {
            co_await link.send(ok_answer("fine", "connection: close\r\n"));
            co_return;
        }
    });
    known = {net::ip::make_address("127.0.0.2"), net::ip::make_address("127.0.0.3"), net::ip::address_v4::loopback()};
    const auto to = peer.entry();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(run({.to = to}).body, "fine");
    known = {net::ip::make_address("127.0.0.2")};
    to->host = "nobody.test";
    const progress got = run({.to = to});
    ASSERT_TRUE(got.why);
    EXPECT_FALSE(got.sent);
}

TEST_F(upstream_phases, a_name_without_addresses_is_unavailable) {
    known = {};
    scripted_peer peer(io, [](peer_link& link) -> task<> { co_await link.closed(); });
    const progress got = run({.to = peer.entry()});
    ASSERT_TRUE(got.why);
    EXPECT_EQ(got.why->code, errc::provider_unavailable);
    EXPECT_FALSE(got.sent);
}

TEST_F(upstream_phases, a_reset_is_told_as_what_it_cut) {
    struct row {
        const char* before;
        bool opened;
    };
    for (const row& r :
         {row{"", false}, row{"HTTP/1.1 2", false}, row{"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\npart", true},
          row{"HTTP/1.1 200 OK\r\n\r\npart", true}}) {
        SCOPED_TRACE(r.before);
        scripted_peer peer(io, [r](peer_link& link) -> task<> {
            co_await link.request();
            co_await link.send(r.before);
            co_await link.pause();
            link.stream.reset();
        });
        const progress got = run({.to = peer.entry()});
        ASSERT_TRUE(got.why);
        EXPECT_EQ(got.opened, r.opened);
        EXPECT_EQ(got.why->code, r.opened ? errc::stream_truncated : errc::provider_unavailable);
        if (!r.opened) EXPECT_TRUE(got.sent);
    }
}

}
}
