#pragma once

// The HTTP/1.1 server of one I/O thread: one io_context, one ticker, one listening socket. Several servers share a
// port with SO_REUSEPORT; connections never change thread.

#include <tollgate/core/limits.hpp>
#include <tollgate/ports/exchange.hpp>
#include <tollgate/runtime/task.hpp>
#include <tollgate/runtime/ticker.hpp>

#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::http {

struct server_options {
    net::ip::tcp::endpoint endpoint;                         // port 0: the system chooses
    bool reuse_port = false;                                 // several servers on this port
    std::function<std::shared_ptr<net::ssl::context>()> tls; // empty: plain TCP; asked once a connection
    std::vector<std::string> trusted_proxies;                // addresses and networks that may speak for others
    bool proxy_protocol = false;                             // connections of trusted proxies begin with a PROXY header
    std::size_t connections_max = limits::connections_per_thread_max; // above: 503 and close
    std::size_t head_bytes_max = limits::head_bytes_max;
    std::size_t body_bytes_max = limits::body_bytes_default;
    std::uint32_t head_ms_max = limits::head_ms_max; // also from accept to the first byte
    std::uint32_t body_ms_max = limits::body_ms_max;
    std::uint32_t idle_ms_max = limits::idle_ms_max;
    std::uint32_t write_ms_max = limits::write_ms_max;
    std::uint32_t tls_handshake_ms_max = limits::tls_handshake_ms_max;
    std::uint32_t linger_ms_max = limits::linger_ms_max;
    // Of a stream of events: then a comment line is sent, so that nobody between takes it for dead, and a client that
    // went without a word is found. 0: never.
    std::uint32_t silence_ms = 0;
    // Names a request the server refuses by itself (a head it cannot read), for x-request-id. Empty: unnamed.
    std::function<std::string()> make_request_id;
    // Told of an exception that left the handler (the client gets a 500). Empty: stderr.
    std::function<void(std::string_view)> on_bug;
};

// Answers one exchange. Returning without an answer, or throwing, is a bug: 500, or a cut stream once it has begun.
using handler = std::function<task<>(ports::exchange&)>;

struct server_state;

class server {
public:
    // `tick` must be started, outlive the server, and run on the same thread. Throws std::runtime_error for bad
    // options.
    server(executor on, ticker& tick, server_options options, handler handle);
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    // Stops accepting and closes idle connections. Exchanges still running must not outlive what the handler uses.
    ~server();

    std::uint16_t listen(); // the bound port; throws boost::system::system_error
    void stop_accepting();
    // Idle connections close now, running exchanges end with "Connection: close". After `grace_ms` the rest is told to
    // stop and its sockets are closed. Returns when no connection is left.
    task<> drain(std::uint32_t grace_ms);
    std::size_t connections() const;

private:
    std::shared_ptr<server_state> state_; // connections hold it too
};

}
