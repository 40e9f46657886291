#include <tollgate/core/limits.hpp>
#include <tollgate/runtime/ticker.hpp>

#include <array>
#include <gtest/gtest.h>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace tollgate {
namespace {

struct flow : watched {
    void on_deadline() override {
        ++deadlines;
        if (then) then();
    }
    void on_peer_gone() override {
        ++gone;
        if (then) then();
    }
    void on_peer_half_closed() override {
        ++half_closed;
        if (then) then();
    }
    int deadlines = 0, gone = 0, half_closed = 0;
    std::function<void()> then;
};

struct ticking : ::testing::Test {
    net::io_context io{1};
    ticker tick{io.get_executor()};

    // Runs the ticker for a number of ticks.
    void run_ticks(int count) {
        tick.on_tick([this, left = count]() mutable {
            if (--left == 0) tick.stop();
        });
        tick.start();
        io.restart();
        io.run();
    }
};

TEST_F(ticking, a_deadline_that_has_passed_is_told_once) {
    flow late, early, none;
    for (flow* one : {&late, &early, &none}) tick.add(*one);
    late.set_deadline_us(steady_now_us() - 1);
    early.set_deadline_in_ms(3'600'000);
    run_ticks(3);
    EXPECT_EQ(late.deadlines, 1);
    EXPECT_EQ(early.deadlines, 0);
    EXPECT_EQ(none.deadlines, 0);
}

TEST_F(ticking, a_cleared_deadline_is_not_told) {
    flow one;
    tick.add(one);
    one.set_deadline_us(0);
    one.clear_deadline();
    run_ticks(1);
    EXPECT_EQ(one.deadlines, 0);
}

TEST_F(ticking, flows_may_end_while_deadlines_are_told) {
    std::vector<std::unique_ptr<flow>> flows;
    for (int i = 0; i < 5; ++i) {
        flows.push_back(std::make_unique<flow>());
        tick.add(*flows.back());
        flows.back()->set_deadline_us(0);
    }
    int told = 0;
    for (const auto& one : flows)
        one->then = [&] {
            ++told;
            if (told == 2) {
                flows[0].reset();
                flows[2].reset();
                flows[4].reset();
            }
        };
    // Newest first: 4 and 3 are told; 3 ends 0, 2 and 4, so only 1 is left.
    run_ticks(1);
    EXPECT_EQ(told, 3);
    EXPECT_EQ(tick.size(), 2U);
}

TEST_F(ticking, a_flow_leaves_when_it_is_destroyed_and_survives_the_ticker) {
    auto other = std::make_unique<ticker>(io.get_executor());
    flow survivor;
    other->add(survivor);
    {
        flow brief;
        other->add(brief);
        EXPECT_EQ(other->size(), 2U);
    }
    EXPECT_EQ(other->size(), 1U);
    other.reset();
    tick.add(survivor);
    EXPECT_EQ(tick.size(), 1U);
}

TEST_F(ticking, a_started_ticker_may_be_destroyed) {
    auto other = std::make_unique<ticker>(io.get_executor());
    other->start();
    other.reset();
    EXPECT_EQ(io.run(), 1U);
}

struct pair_of_sockets {
    pair_of_sockets() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0); }
    ~pair_of_sockets() {
        ::close(ends[0]);
        if (ends[1] != -1) ::close(ends[1]);
    }
    std::array<int, 2> ends{};
};

TEST_F(ticking, a_half_closed_peer_is_told_once_and_is_not_gone) {
    pair_of_sockets sockets;
    flow one;
    tick.add(one);
    one.watch_peer(sockets.ends[0]);
    ::shutdown(sockets.ends[1], SHUT_WR);
    run_ticks(5);
    EXPECT_EQ(one.half_closed, 1);
    EXPECT_EQ(one.gone, 0);
}

TEST_F(ticking, a_peer_that_hung_up_is_gone_once) {
    pair_of_sockets sockets;
    flow one, healthy, unwatched;
    pair_of_sockets others;
    for (flow* each : {&one, &healthy, &unwatched}) tick.add(*each);
    one.watch_peer(sockets.ends[0]);
    healthy.watch_peer(others.ends[0]);
    ::close(std::exchange(sockets.ends[1], -1));
    run_ticks(5);
    EXPECT_EQ(one.gone, 1);
    EXPECT_EQ(healthy.gone + healthy.half_closed + unwatched.gone, 0);
}

TEST_F(ticking, flows_may_end_while_peers_are_looked_at) {
    pair_of_sockets first, second;
    auto one = std::make_unique<flow>();
    auto two = std::make_unique<flow>();
    int told = 0;
    for (flow* each : {one.get(), two.get()}) tick.add(*each);
    one->watch_peer(first.ends[0]);
    two->watch_peer(second.ends[0]);
    one->then = [&] {
        ++told;
        two.reset();
    };
    two->then = [&] {
        ++told;
        one.reset();
    };
    ::close(std::exchange(first.ends[1], -1));
    ::close(std::exchange(second.ends[1], -1));
    run_ticks(4);
    EXPECT_EQ(told, 1);
}

}
}
