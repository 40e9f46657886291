#include "tls_part.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/runtime/net_stream.hpp>

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>

namespace tollgate {
namespace {

using buffers = std::span<const net::const_buffer>;

constexpr std::size_t iovecs_max = 64;
constexpr std::size_t tls_record_bytes_max = 16 * 1024;

std::size_t total_bytes(buffers all) {
    std::size_t total = 0;
    for (const net::const_buffer& one : all) total += one.size();
    return total;
}

// Calls visit(data, bytes) for what is left of `all` after `done` bytes, until it says stop by returning false.
template <class Visit>
void for_each_left(buffers all, std::size_t done, Visit visit) {
    for (const net::const_buffer& one : all) {
        const std::size_t skipped = std::min(done, one.size());
        done -= skipped;
        if (skipped == one.size()) continue;
        if (!visit(static_cast<const char*>(one.data()) + skipped, one.size() - skipped)) return;
    }
}

std::size_t write_plain(int descriptor, buffers all, std::size_t done, error_code& ec) {
    const std::size_t total = total_bytes(all);
    ec = {};
    while (done < total) {
        std::array<iovec, iovecs_max> parts;
        std::size_t count = 0;
        for_each_left(all, done, [&](const char* data, std::size_t bytes) {
            parts[count++] = {.iov_base = const_cast<char*>(data), .iov_len = bytes};
            return count < iovecs_max;
        });
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const auto put = ::sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put >= 0) {
            done += static_cast<std::size_t>(put);
            continue;
        }
        if (errno == EINTR) continue;
        ec.assign(errno, boost::system::system_category());
        if (errno == EAGAIN || errno == EWOULDBLOCK) ec = net::error::would_block;
        return done;
    }
    return done;
}

std::size_t read_plain(int descriptor, net::mutable_buffer into, error_code& ec) {
    for (;;) {
        const auto got = ::recv(descriptor, into.data(), into.size(), MSG_DONTWAIT);
        ec = {};
        if (got > 0) return static_cast<std::size_t>(got);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0)
            ec = net::error::eof;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            ec = net::error::would_block;
        else
            ec.assign(errno, boost::system::system_category());
        return 0;
    }
}

// Small pieces go into one record: a record costs 29 bytes and a cipher call.
std::size_t write_tls(tls_part& tls, buffers all, std::size_t done, error_code& ec) {
    const std::size_t total = total_bytes(all);
    std::array<char, tls_record_bytes_max> record;
    ec = {};
    while (done < total) {
        std::size_t filled = 0;
        for_each_left(all, done, [&](const char* data, std::size_t bytes) {
            const std::size_t taken = std::min(bytes, record.size() - filled);
            std::memcpy(record.data() + filled, data, taken);
            filled += taken;
            return filled < record.size();
        });
        std::size_t moved = 0;
        const tls_wants wants = tls.write({record.data(), filled}, moved, ec);
        if (wants == tls_wants::failed) return done;
        if (wants != tls_wants::nothing) {
            ec = net::error::would_block;
            return done;
        }
        done += moved;
    }
    return done;
}

std::size_t write_some_of(tls_part* tls, int descriptor, buffers all, std::size_t done, error_code& ec) {
    if (descriptor == -1) {
        ec = net::error::bad_descriptor;
        return done;
    }
    return tls != nullptr ? write_tls(*tls, all, done, ec) : write_plain(descriptor, all, done, ec);
}

}

net_stream::net_stream(tcp_socket socket) : socket_(std::move(socket)) {}
net_stream::net_stream(net_stream&&) noexcept = default;
net_stream::~net_stream() { close(); }

bool net_stream::is_open() const { return socket_.is_open(); }
bool net_stream::tls() const { return tls_ != nullptr; }
bool net_stream::has_pending() const { return tls_ != nullptr && tls_->has_pending(); }
tcp_socket& net_stream::socket() { return socket_; }

int net_stream::descriptor() const {
    // native_handle() is not const, yet only reads.
    return socket_.is_open() ? const_cast<tcp_socket&>(socket_).native_handle() : -1;
}

void net_stream::close() {
    if (tls_ != nullptr) tls_->detach();
    error_code ignored;
    socket_.close(ignored);
}

void net_stream::reset() {
    error_code ignored;
    socket_.set_option(net::socket_base::linger(true, 0), ignored);
    close();
}

task<> net_stream::accept_tls(std::shared_ptr<net::ssl::context> context, error_code& ec) {
    TG_ASSERT(tls_ == nullptr);
    tls_ = std::make_unique<tls_part>(std::move(context), descriptor());
    tls_->be_server();
    return handshake(ec);
}

task<> net_stream::connect_tls(std::shared_ptr<net::ssl::context> context, std::string server_name, error_code& ec) {
    TG_ASSERT(tls_ == nullptr);
    tls_ = std::make_unique<tls_part>(std::move(context), descriptor());
    ec = {};
    if (!tls_->be_client(server_name)) {
        ec = net::error::invalid_argument;
        co_return;
    }
    co_await handshake(ec);
}

task<> net_stream::handshake(error_code& ec) {
    ec = {};
    for (;;) {
        if (!is_open()) {
            ec = net::error::operation_aborted;
            co_return;
        }
        const tls_wants wants = tls_->handshake(ec);
        if (wants == tls_wants::nothing || wants == tls_wants::failed) co_return;
        const auto side = wants == tls_wants::read ? tcp_socket::wait_read : tcp_socket::wait_write;
        co_await socket_.async_wait(side, net::redirect_error(use_task, ec));
        if (ec) co_return;
    }
}

task<std::size_t> net_stream::read_some(net::mutable_buffer into, error_code& ec) {
    if (tls_ != nullptr) return read_some_tls(into, ec);
    return socket_.async_read_some(into, net::redirect_error(use_task, ec));
}

task<std::size_t> net_stream::read_some_tls(net::mutable_buffer into, error_code& ec) {
    for (;;) {
        const std::size_t got = try_read(into, ec);
        if (ec != net::error::would_block) co_return got;
        co_await wait_readable(ec);
        if (ec) co_return 0;
    }
}

std::size_t net_stream::try_read(net::mutable_buffer into, error_code& ec) {
    if (!is_open()) {
        ec = net::error::operation_aborted;
        return 0;
    }
    if (tls_ == nullptr) return read_plain(descriptor(), into, ec);
    std::size_t got = 0;
    const tls_wants wants = tls_->read({static_cast<char*>(into.data()), into.size()}, got, ec);
    read_wants_write_ = wants == tls_wants::write;
    if (wants == tls_wants::read || wants == tls_wants::write) ec = net::error::would_block;
    return got;
}

task<> net_stream::wait_readable(error_code& ec) {
    const auto side = read_wants_write_ ? tcp_socket::wait_write : tcp_socket::wait_read;
    return socket_.async_wait(side, net::redirect_error(use_task, ec));
}

std::size_t net_stream::try_write(buffers all, error_code& ec) {
    return write_some_of(tls_.get(), descriptor(), all, 0, ec);
}

task<> net_stream::wait_writable(error_code& ec) {
    return socket_.async_wait(tcp_socket::wait_write, net::redirect_error(use_task, ec));
}

task<std::size_t> net_stream::write_all(buffers all, error_code& ec) {
    std::size_t done = 0;
    for (;;) {
        done = write_some_of(tls_.get(), descriptor(), all, done, ec);
        if (ec != net::error::would_block) co_return done;
        co_await socket_.async_wait(tcp_socket::wait_write, net::redirect_error(use_task, ec));
        if (ec) co_return done;
    }
}

task<std::size_t> net_stream::write(const std::vector<net::const_buffer>& all, error_code& ec) {
    return write_all(all, ec);
}

task<std::size_t> net_stream::write(net::const_buffer all, error_code& ec) {
    const std::array<net::const_buffer, 1> one{all};
    co_return co_await write_all(one, ec);
}

task<> net_stream::shutdown() {
    error_code ec;
    if (tls_ != nullptr && is_open() && tls_->say_goodbye(ec) == tls_wants::write) {
        co_await wait_writable(ec);
        if (!ec && is_open()) tls_->say_goodbye(ec);
    }
    socket_.shutdown(tcp_socket::shutdown_send, ec);
}

}
