#pragma once

// One byte stream over TCP, with or without TLS. The only stream type: sessions and providers are compiled once.
// TLS works straight on the descriptor: no copies between buffers, and none held while a connection is idle.

#include <tollgate/runtime/task.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tollgate {

using error_code = boost::system::error_code;

class tls_part;

class net_stream {
public:
    explicit net_stream(tcp_socket socket);
    net_stream(net_stream&&) noexcept;
    net_stream& operator=(net_stream&&) = delete;
    ~net_stream();

    // Turns the connection into TLS. `context` is kept alive. The client side verifies as the context says, against
    // `server_name` (a host name, sent as SNI, or an address).
    task<> accept_tls(std::shared_ptr<net::ssl::context> context, error_code& ec);
    task<> connect_tls(std::shared_ptr<net::ssl::context> context, std::string server_name, error_code& ec);

    // `ec` and the buffers must outlive the wait. At most one read and one write at a time. The peer's end is 0 bytes
    // with eof; TLS cut without close_notify is ssl::error::stream_truncated. The stream must not be moved meanwhile.
    task<std::size_t> read_some(net::mutable_buffer into, error_code& ec);
    // What is there right now; never waits. Nothing: ec is would_block, and wait_readable() tells when to ask again.
    std::size_t try_read(net::mutable_buffer into, error_code& ec);
    // Holds no memory of the caller's. What TLS has taken from the kernel is not waited for: see has_pending().
    task<> wait_readable(error_code& ec);
    task<std::size_t> write(const std::vector<net::const_buffer>& all, error_code& ec); // everything
    task<std::size_t> write(net::const_buffer all, error_code& ec);
    // What the kernel takes right now; never waits. Less than everything: ec is would_block, or why no more will go.
    // Go on from there with the same bytes. Mostly it takes all, and no coroutine is needed.
    std::size_t try_write(std::span<const net::const_buffer> all, error_code& ec);
    // Waits until try_write may get on.
    task<> wait_writable(error_code& ec);

    // Ends TLS with close_notify (clients lose resumption otherwise), then sends FIN. Bounded by the caller's deadline.
    task<> shutdown();
    // Makes pending operations fail. Safe to call twice and from a ticker.
    void close();
    // The same, but the peer sees a reset: the only way to say "cut" where the end of the stream would mean "complete".
    void reset();

    bool is_open() const;
    bool tls() const;
    int descriptor() const; // -1 when closed
    // TLS took bytes from the kernel that no read has asked for yet: looking at the descriptor does not show them.
    bool has_pending() const;
    tcp_socket& socket();

private:
    task<> handshake(error_code& ec);
    task<std::size_t> read_some_tls(net::mutable_buffer into, error_code& ec);
    task<std::size_t> write_all(std::span<const net::const_buffer> all, error_code& ec);

    tcp_socket socket_;
    std::unique_ptr<tls_part> tls_;
    bool read_wants_write_ = false; // TLS must write before it can read on
};

}
