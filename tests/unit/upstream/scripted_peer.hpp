#pragma once

// A provider that does what a test tells it, over real sockets on the test's own io_context.

#include <tollgate/core/catalog.hpp>
#include <tollgate/runtime/net_stream.hpp>
#include <tollgate/runtime/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tollgate::upstream {

class peer_link {
public:
    peer_link(tcp_socket socket, int which, executor on) : stream(std::move(socket)), number(which), on_(on) {}

    // One whole request, head and body; empty when the client closed.
    task<std::string> request() {
        for (;;) {
            if (const std::size_t size = complete()) {
                std::string one = buffered_.substr(0, size);
                buffered_.erase(0, size);
                co_return one;
            }
            if (!co_await more()) co_return std::string();
        }
    }

    task<> send(std::string bytes) {
        error_code ec;
        co_await stream.write(net::buffer(bytes), ec);
    }

    // Lets everything happen that can happen now, so that what was sent is read before more is.
    task<> pause() {
        for (int i = 0; i < 4; ++i) co_await net::post(on_, use_task);
    }

    // Waits until the client closes; what it sends meanwhile is dropped.
    task<> closed() {
        while (co_await more()) {
        }
    }

    net_stream stream;
    int number; // of the connection, from 0

private:
    std::size_t complete() const {
        const std::size_t head = buffered_.find("\r\n\r\n");
        if (head == std::string::npos) return 0;
        const std::size_t field = buffered_.find("content-length: ");
        const std::size_t body = field < head ? std::stoul(buffered_.substr(field + 16)) : 0;
        return buffered_.size() >= head + 4 + body ? head + 4 + body : 0;
    }

    task<bool> more() {
        char part[4096];
        error_code ec;
        const std::size_t got = co_await stream.read_some(net::buffer(part), ec);
        buffered_.append(part, got);
        co_return !ec;
    }

    executor on_;
    std::string buffered_;
};

class scripted_peer {
public:
    using script = std::function<task<>(peer_link&)>;

    // `what` runs for each connection; when it returns, the connection closes. With `tls`, after a handshake.
    scripted_peer(net::io_context& io, script what, std::shared_ptr<net::ssl::context> tls = {})
        : io_(io), script_(std::move(what)), tls_(std::move(tls)),
          acceptor_(io.get_executor(), {net::ip::address_v4::loopback(), 0}) {
        port_ = acceptor_.local_endpoint().port();
        net::co_spawn(io_, accept(), [](std::exception_ptr) {});
    }

    // A provider entry that leads here.
    std::shared_ptr<provider> entry(std::string host = "provider.test") const {
        auto to = std::make_shared<provider>();
        to->name = "p";
        to->host = std::move(host);
        to->port = port_;
        to->tls = tls_ != nullptr;
        to->path_prefix = "/v1";
        to->credential = "secret";
        to->connect_ms = to->first_byte_ms = to->idle_ms = to->total_ms = 15'000;
        return to;
    }

    // Connections under way go on; new ones are refused.
    void stop_listening() { acceptor_.close(); }

    int accepted = 0;

private:
    task<> accept() {
        for (;;) {
            error_code ec;
            tcp_socket socket = co_await acceptor_.async_accept(net::redirect_error(use_task, ec));
            if (ec) co_return;
            socket.set_option(net::ip::tcp::no_delay(true)); // a split would wait for the acknowledgement
            auto link = std::make_shared<peer_link>(std::move(socket), accepted++, io_.get_executor());
            net::co_spawn(io_, serve(std::move(link)), [](std::exception_ptr failure) {
                if (failure) ADD_FAILURE() << "the peer's script threw";
            });
        }
    }

    // A script may outlive the peer, so nothing of the peer is used once it runs.
    task<> serve(std::shared_ptr<peer_link> link) {
        const script what = script_;
        const auto tls = tls_;
        error_code ec;
        if (tls) co_await link->stream.accept_tls(tls, ec);
        if (ec) co_return;
        co_await what(*link);
        if (tls && link->stream.is_open()) co_await link->stream.shutdown();
    }

    net::io_context& io_;
    script script_;
    std::shared_ptr<net::ssl::context> tls_;
    tcp_acceptor acceptor_;
    std::uint16_t port_ = 0;
};

}
