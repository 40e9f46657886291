// Answers that stream, clients that go, deadlines, and the end of the server.
#include "running_server.hpp"

#include <array>

namespace tollgate::http {
namespace {

constexpr std::array<field, 1> events{{{"content-type", "text/event-stream"}}};
constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

task<bool> write_one(ports::exchange& with, std::string_view piece) { co_return co_await with.write({&piece, 1}); }

// Waits until the exchange is told to stop.
task<> wait_for_stop(ports::exchange& with) {
    const executor on = co_await net::this_coro::executor;
    steady_timer timer(on, steady_timer::time_point::max());
    with.stop().on_fire([&] { timer.cancel(); });
    boost::system::error_code ec;
    if (!with.stop().fired()) co_await timer.async_wait(net::redirect_error(use_task, ec));
    with.stop().on_fire({});
}

task<> stream_three(ports::exchange& with) {
    co_await with.begin(200, events);
    const std::array<std::string_view, 3> pieces{"data: ", "one", "\n\n"};
    co_await with.write(pieces);
    co_await with.write({});
    co_await write_one(with, "data: two\n\n");
    if (with.path() == "/abort")
        with.abort();
    else
        co_await with.finish({});
}

TEST(stream, is_chunked_for_1_1_and_ends_cleanly) {
    running_server server(stream_three);
    raw_client client(server.port());
    client.send(get);
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_NE(head.find("\r\ntransfer-encoding: chunked\r\n"), std::string::npos);
    EXPECT_EQ(client.read_until("0\r\n\r\n"), "b\r\ndata: one\n\n\r\nb\r\ndata: two\n\n\r\n0\r\n\r\n");
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(body_of(client.read_to_end()), "");
}

TEST(stream, ends_with_the_connection_for_1_0) {
    running_server server(stream_three);
    raw_client client(server.port());
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const std::string answer = client.read_to_end();
    EXPECT_EQ(answer.find("transfer-encoding"), std::string::npos);
    EXPECT_NE(answer.find("connection: close"), std::string::npos);
    EXPECT_EQ(body_of(answer), "data: one\n\ndata: two\n\n");
    EXPECT_FALSE(client.was_reset());
}

TEST(stream, an_abort_has_no_clean_end) {
    running_server server(stream_three);
    raw_client chunked(server.port());
    chunked.send("GET /abort HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(body_of(chunked.read_to_end()), "b\r\ndata: one\n\n\r\nb\r\ndata: two\n\n\r\n");
    raw_client until_close(server.port());
    until_close.send("GET /abort HTTP/1.0\r\n\r\n");
    until_close.read_to_end();
    EXPECT_TRUE(until_close.was_reset());
}

task<> stay_silent(ports::exchange& with) {
    co_await with.begin(200, events);
    if (with.path() != "/first") co_await write_one(with, with.path() == "/part" ? "data: on" : "data: one\n\n");
    co_await wait_for_stop(with);
    with.abort();
}

TEST(stream, of_events_is_kept_awake_between_them) {
    constexpr std::string_view comment = "e\r\n: keep-alive\n\n\r\n";
    server_options options = on_loopback();
    options.silence_ms = 50;
    running_server server(stay_silent, options);
    raw_client client(server.port());
    client.send(get);
    EXPECT_EQ(body_of(client.read_until("\r\n\r\n") + client.read_until("one\n\n\r\n")), "b\r\ndata: one\n\n\r\n");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.read_until(": keep-alive\n\n\r\n"), comment);
    raw_client first(server.port());
    first.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(body_of(first.read_until("\r\n\r\n") + first.read_until("alive\n\n\r\n")), comment)
        << "the head goes with it";
    raw_client old(server.port());
    old.send("GET / HTTP/1.0\r\n\r\n");
    old.read_until("data: one\n\n");
    EXPECT_EQ(old.read_until("alive\n\n"), ": keep-alive\n\n");
}

TEST(stream, is_left_alone_inside_an_event_and_when_nobody_asked_for_it) {
    for (const bool asked : {true, false}) {
        server_options options = on_loopback();
        options.silence_ms = asked ? 50 : 0;
        running_server server(stay_silent, options);
        raw_client inside(server.port()), clock(server.port());
        inside.send(asked ? "GET /part HTTP/1.1\r\nHost: a\r\n\r\n" : get);
        inside.read_until("on");
        if (asked) { // another connection tells that the time has passed, twice
            clock.send(get);
            for (int i = 0; i < 3; ++i) clock.read_until(": keep-alive\n\n");
        }
        server.drain(asked ? 0 : 300).wait();
        EXPECT_EQ(inside.read_to_end().find("keep-alive\n"), std::string::npos) << asked;
    }
}

TEST(stream, a_client_that_went_without_a_word_is_found_by_the_comment) {
    server_options options = on_loopback();
    options.silence_ms = 50;
    std::promise<void> ended;
    running_server server(
        [&](ports::exchange& with) -> task<> {
            co_await stay_silent(with);
            ended.set_value();
        },
        options);
    raw_client client(server.port());
    client.send(get);
    client.read_until("one\n\n\r\n");
    client.half_close(); // a FIN alone may come from one that still reads
    client.read_until(": keep-alive\n\n");
    client.close();
    EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST(stream, is_taken_back_while_nothing_of_it_has_left) {
    server_options options = on_loopback();
    options.silence_ms = 50;
    running_server server(
        [](ports::exchange& with) -> task<> {
            EXPECT_FALSE(with.take_back()) << "not begun";
            co_await with.begin(200, events);
            const bool early = with.path() == "/early";
            if (!early) co_await write_one(with, "data: one\n\n");
            EXPECT_EQ(with.take_back(), early);
            if (early)
                co_await with.send(502, {}, "sorry");
            else
                co_await with.finish({});
        },
        options);
    raw_client client(server.port());
    client.send("GET /early HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 502")) << head;
    EXPECT_NE(head.find("ength: 5\r\n"), std::string::npos) << head;
    EXPECT_EQ(head.find("event-stream"), std::string::npos) << head;
    EXPECT_EQ(client.read_until("sorry"), "sorry");
    client.send(get); // the connection goes on
    EXPECT_EQ(body_of(client.read_until("\r\n\r\n") + client.read_until("0\r\n\r\n")),
              "b\r\ndata: one\n\n\r\n0\r\n\r\n");
}

TEST(stream, without_a_piece_still_has_head_and_end) {
    running_server server([](ports::exchange& with) -> task<> {
        co_await with.begin(200, events);
        EXPECT_FALSE(with.begun());
        co_await with.finish({});
        EXPECT_TRUE(with.begun());
    });
    raw_client client(server.port());
    client.send(get);
    EXPECT_EQ(body_of(client.read_until("\r\n\r\n") + client.read_until("\r\n\r\n")), "0\r\n\r\n");
}

TEST(stream, the_last_chunk_goes_with_the_end) {
    running_server server([](ports::exchange& with) -> task<> {
        co_await with.begin(200, events);
        if (with.path() == "/more") co_await write_one(with, "data: one\n\n");
        const std::array<std::string_view, 2> last{"data: ", "two\n\n"};
        EXPECT_TRUE(co_await with.finish(last));
    });
    raw_client client(server.port());
    client.send(get);
    client.read_until("\r\n\r\n");
    EXPECT_EQ(client.read_until("0\r\n\r\n"), "b\r\ndata: two\n\n\r\n0\r\n\r\n");
    client.send("GET /more HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_until("\r\n\r\n");
    EXPECT_EQ(client.read_until("0\r\n\r\n"), "b\r\ndata: one\n\n\r\nb\r\ndata: two\n\n\r\n0\r\n\r\n");
    client.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(body_of(client.read_to_end()), "data: two\n\n");
}

TEST(stream, a_client_that_does_not_read_slows_the_handler_and_then_loses_its_connection) {
    server_options options = on_loopback();
    options.write_ms_max = 100;
    std::promise<std::size_t> ended;
    running_server server(
        [&](ports::exchange& with) -> task<> {
            const std::string piece(100'000, 'x');
            std::size_t written = 0;
            co_await with.begin(200, events);
            for (;;) {
                const bool there = co_await write_one(with, piece);
                if (!there) break;
                ++written;
            }
            EXPECT_TRUE(with.stop().fired());
            with.abort();
            ended.set_value(written);
        },
        options);
    raw_client client(server.port());
    client.send(get);
    EXPECT_LT(ended.get_future().get(), 10'000U); // the kernel's buffers, not memory without end
    EXPECT_TRUE(server.connections_fall_to(0));
}

TEST(stream, a_slow_reader_gets_every_byte) {
    const std::string piece(300'000, 'y');
    running_server server([&](ports::exchange& with) -> task<> {
        const std::array<std::string_view, 3> pieces{"<", piece, ">"};
        co_await with.begin(200, events);
        for (int i = 0; i < 20; ++i) co_await with.write(pieces);
        co_await with.finish({});
    });
    raw_client client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client.read_until("\r\n\r\n");
    const std::string chunk = "493e2\r\n<" + piece + ">\r\n";
    for (int i = 0; i < 20; ++i) {
        server.connections();
        ASSERT_EQ(client.read_exactly(chunk.size()), chunk) << i;
    }
    EXPECT_EQ(client.read_to_end(), "0\r\n\r\n");
}

TEST(stream, a_reset_fires_stop) {
    std::promise<void> started, stopped;
    running_server server([&](ports::exchange& with) -> task<> {
        started.set_value();
        co_await wait_for_stop(with);
        const bool there = co_await with.send(200, events, "");
        EXPECT_FALSE(there);
        stopped.set_value();
    });
    raw_client client(server.port());
    client.send(get);
    started.get_future().wait();
    client.reset();
    EXPECT_EQ(stopped.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST(stream, a_half_close_is_not_a_disconnect) {
    std::promise<void> half_closed;
    running_server server([&](ports::exchange& with) -> task<> {
        const executor on = co_await net::this_coro::executor;
        steady_timer turn(on);
        while (!with.half_closed()) {
            turn.expires_after(std::chrono::milliseconds(1));
            boost::system::error_code ec;
            co_await turn.async_wait(net::redirect_error(use_task, ec));
        }
        EXPECT_FALSE(with.stop().fired());
        co_await with.send(200, events, "still here");
    });
    raw_client client(server.port());
    client.send(get);
    client.half_close();
    EXPECT_EQ(body_of(client.read_to_end()), "still here");
}

TEST(deadline, a_head_that_does_not_come_is_a_408) {
    server_options options = on_loopback();
    options.head_ms_max = 60;
    running_server server(stream_three, options);
    raw_client client(server.port());
    client.send("GET / HTTP/1.1\r\nHo");
    EXPECT_EQ(status_of(client.read_answer()), 408);
    client.half_close();
    EXPECT_EQ(client.read_to_end(), "");
    raw_client silent(server.port());
    EXPECT_EQ(silent.read_to_end(), "");
}

TEST(deadline, a_body_that_does_not_come_is_the_handlers_affair) {
    server_options options = on_loopback();
    options.body_ms_max = 60;
    std::promise<errc> seen;
    running_server server(
        [&](ports::exchange& with) -> task<> {
            const result<std::string_view> body = co_await with.read_body(1000);
            seen.set_value(body ? errc::internal_error : body.error().code);
            co_await with.send(408, events, "late");
        },
        options);
    raw_client client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
    EXPECT_EQ(seen.get_future().get(), errc::request_timeout);
    EXPECT_EQ(status_of(client.read_answer()), 408);
}

TEST(deadline, a_body_cut_short_is_an_invalid_request) {
    std::promise<errc> seen;
    running_server server([&](ports::exchange& with) -> task<> {
        const result<std::string_view> body = co_await with.read_body(1000);
        seen.set_value(body ? errc::internal_error : body.error().code);
        co_await with.send(400, events, "short");
    });
    raw_client client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
    client.half_close();
    EXPECT_EQ(seen.get_future().get(), errc::invalid_request);
    EXPECT_EQ(status_of(client.read_answer()), 400);
}

TEST(deadline, an_idle_connection_is_closed) {
    server_options options = on_loopback();
    options.idle_ms_max = 60;
    running_server server(stream_three, options);
    raw_client client(server.port());
    client.send(get);
    client.read_until("0\r\n\r\n");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.was_reset());
}

TEST(drain, idle_connections_end_at_once_and_running_ones_after_their_answer) {
    std::promise<void> started;
    steady_timer* gate = nullptr;
    running_server server([&](ports::exchange& with) -> task<> {
        if (with.path() == "/quick") {
            co_await with.send(200, events, "quick");
            co_return;
        }
        const executor on = co_await net::this_coro::executor;
        steady_timer waiting(on, steady_timer::time_point::max());
        gate = &waiting;
        started.set_value();
        boost::system::error_code ec;
        co_await waiting.async_wait(net::redirect_error(use_task, ec));
        co_await with.send(200, events, "done");
    });
    raw_client idle(server.port());
    idle.send("GET /quick HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(idle.read_answer()), 200);
    raw_client running(server.port());
    running.send(get);
    started.get_future().wait();
    std::future<void> drained = server.drain(20'000);
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_FALSE(idle.was_reset());
    EXPECT_EQ(server.connections(), 1U);
    server.on_io_thread([&] { gate->cancel(); });
    const std::string answer = running.read_to_end();
    EXPECT_EQ(body_of(answer), "done");
    EXPECT_NE(answer.find("connection: close"), std::string::npos);
    drained.wait();
    EXPECT_EQ(server.connections(), 0U);
}

TEST(drain, past_the_grace_running_exchanges_are_told_to_stop) {
    std::promise<void> started;
    bool settled = false;
    running_server server([&](ports::exchange& with) -> task<> {
        started.set_value();
        co_await wait_for_stop(with);
        settled = true; // the flow itself runs on
        with.abort();
    });
    raw_client client(server.port());
    client.send(get);
    started.get_future().wait();
    server.drain(1).wait();
    EXPECT_TRUE(settled);
    EXPECT_EQ(client.read_to_end(), "");
}

TEST(drain, a_server_that_drains_accepts_nobody) {
    running_server server(stream_three);
    server.drain(0).wait();
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server.port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_NE(::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    ::close(socket);
}

}
}
