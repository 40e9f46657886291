#pragma once

// A server with its own I/O thread, and a client that speaks raw bytes. The client blocks, with a bound: a hang fails.

#include <tollgate/http/server.hpp>
#include <tollgate/runtime/ticker.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include <arpa/inet.h>
#include <chrono>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace tollgate::http {

inline server_options on_loopback() {
    server_options options;
    options.endpoint = {net::ip::make_address("127.0.0.1"), 0};
    options.on_bug = [](std::string_view what) { ADD_FAILURE() << "bug: " << what; };
    return options;
}

class running_server {
public:
    explicit running_server(handler answer, server_options options = on_loopback())
        : tick_(io_.get_executor()), server_(io_.get_executor(), tick_, std::move(options), std::move(answer)) {
        port_ = server_.listen();
        tick_.start();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~running_server() {
        drain(0).wait();
        on_io_thread([this] { tick_.stop(); });
        thread_.join();
    }

    std::uint16_t port() const { return port_; }

    std::future<void> drain(std::uint32_t grace_ms) {
        auto done = std::make_shared<std::promise<void>>();
        std::future<void> waiting = done->get_future();
        net::post(io_, [this, grace_ms, done] {
            net::co_spawn(io_, server_.drain(grace_ms), [done](std::exception_ptr failure) {
                if (failure)
                    done->set_exception(failure);
                else
                    done->set_value();
            });
        });
        return waiting;
    }

    void on_io_thread(std::function<void()> action) {
        std::promise<void> done;
        net::post(io_, [&] {
            action();
            done.set_value();
        });
        done.get_future().wait();
    }

    std::size_t connections() {
        std::size_t count = 0;
        on_io_thread([&] { count = server_.connections(); });
        return count;
    }
    // The number of connections falls to `wanted` within the test's patience.
    bool connections_fall_to(std::size_t wanted) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (connections() > wanted)
            if (std::chrono::steady_clock::now() > patience) return false;
        return true;
    }

private:
    net::io_context io_{1};
    ticker tick_;
    server server_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

class raw_client {
public:
    explicit raw_client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    }
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;
    ~raw_client() { close(); }

    int descriptor() const { return socket_; }

    // False: the server closed first.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    void half_close() { ::shutdown(socket_, SHUT_WR); }
    void close() {
        if (socket_ != -1) ::close(std::exchange(socket_, -1));
    }
    void reset() {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close();
    }

    // Reads until `wanted` has come; what lies behind stays for the next call. Empty: the end came first.
    std::string read_until(std::string_view wanted) {
        for (;;) {
            const std::size_t at = held_.find(wanted);
            if (at != std::string::npos) return take(at + wanted.size());
            if (!receive()) return {};
        }
    }
    std::string read_exactly(std::size_t bytes) {
        while (held_.size() < bytes)
            if (!receive()) return {};
        return take(bytes);
    }
    // An answer with content-length: head and body.
    std::string read_answer() {
        std::string answer = read_until("\r\n\r\n");
        const std::size_t at = answer.find("content-length: ");
        if (at != std::string::npos) answer += read_exactly(std::stoul(answer.substr(at + 16)));
        return answer;
    }
    std::string read_to_end() {
        while (receive()) {
        }
        return take(held_.size());
    }
    bool was_reset() const { return reset_; }

private:
    std::string take(std::size_t bytes) {
        std::string taken = held_.substr(0, bytes);
        held_.erase(0, bytes);
        return taken;
    }
    bool receive() {
        char bytes[16 * 1024];
        const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
        if (got < 0) {
            reset_ = errno == ECONNRESET;
            EXPECT_NE(errno, EAGAIN) << "the server neither answered nor closed";
        }
        if (got > 0) held_.append(bytes, static_cast<std::size_t>(got));
        return got > 0;
    }

    int socket_;
    std::string held_;
    bool reset_ = false;
};

inline int status_of(std::string_view answer) {
    return answer.size() > 12 ? std::atoi(std::string(answer.substr(9, 3)).c_str()) : 0;
}
inline std::string body_of(std::string_view answer) {
    const std::size_t at = answer.find("\r\n\r\n");
    return at == answer.npos ? std::string() : std::string(answer.substr(at + 4));
}

}
