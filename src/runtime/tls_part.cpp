#include "tls_part.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <limits>
#include <new>
#include <sys/socket.h>

namespace tollgate {
namespace {

namespace net = boost::asio;

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: a reset peer would kill the process.
tls_part::wire& wire_of(BIO* bio) { return *static_cast<tls_part::wire*>(BIO_get_data(bio)); }

bool must_wait(int failure) { return failure == EAGAIN || failure == EWOULDBLOCK || failure == EINTR; }

int read_wire(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    tls_part::wire& wire = wire_of(bio);
    const auto got = ::recv(wire.descriptor, into, static_cast<std::size_t>(size), MSG_DONTWAIT);
    if (got > 0) return static_cast<int>(got);
    if (got == 0) {
        wire.ended = true;
        return 0;
    }
    if (must_wait(errno))
        BIO_set_retry_read(bio);
    else
        wire.failure = errno;
    return -1;
}

int write_wire(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    tls_part::wire& wire = wire_of(bio);
    const auto put = ::send(wire.descriptor, from, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put >= 0) return static_cast<int>(put);
    if (must_wait(errno))
        BIO_set_retry_write(bio);
    else
        wire.failure = errno;
    return -1;
}

long control_wire(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return wire_of(bio).ended ? 1 : 0;
    return 0;
}

const BIO_METHOD* wire_method() {
    static const BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "descriptor");
        if (made == nullptr) throw std::bad_alloc();
        BIO_meth_set_read(made, read_wire);
        BIO_meth_set_write(made, write_wire);
        BIO_meth_set_ctrl(made, control_wire);
        return made;
    }();
    return method;
}

}

tls_part::tls_part(std::shared_ptr<net::ssl::context> context, int descriptor)
    : context_(std::move(context)), wire_{.descriptor = descriptor}, ssl_(SSL_new(context_->native_handle())) {
    BIO* bio = ssl_ != nullptr ? BIO_new(wire_method()) : nullptr;
    if (bio == nullptr) {
        SSL_free(ssl_);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, &wire_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_read_ahead(ssl_, 1); // one system call a record, not two
    SSL_set_mode(ssl_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

tls_part::~tls_part() { SSL_free(ssl_); }

bool tls_part::be_client(const std::string& server_name) {
    SSL_set_connect_state(ssl_);
    boost::system::error_code not_an_address;
    net::ip::make_address(server_name, not_an_address);
    if (!not_an_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), server_name.c_str()) == 1;
    SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl_, server_name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl_, server_name.c_str()) == 1;
}

tls_wants tls_part::handshake(boost::system::error_code& ec) {
    ERR_clear_error();
    return judge(SSL_do_handshake(ssl_), ec);
}

tls_wants tls_part::read(std::span<char> into, std::size_t& moved, boost::system::error_code& ec) {
    ERR_clear_error();
    return judge(SSL_read_ex(ssl_, into.data(), into.size(), &moved), ec);
}

tls_wants tls_part::write(std::span<const char> from, std::size_t& moved, boost::system::error_code& ec) {
    ERR_clear_error();
    return judge(SSL_write_ex(ssl_, from.data(), from.size(), &moved), ec);
}

tls_wants tls_part::say_goodbye(boost::system::error_code& ec) {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_) == 0) return tls_wants::nothing;
    SSL_set_shutdown(ssl_, SSL_get_shutdown(ssl_) | SSL_RECEIVED_SHUTDOWN);
    return judge(SSL_shutdown(ssl_), ec);
}

tls_wants tls_part::judge(int returned, boost::system::error_code& ec) {
    ec = {};
    if (returned > 0) return tls_wants::nothing;
    switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ: return tls_wants::read;
    case SSL_ERROR_WANT_WRITE: return tls_wants::write;
    case SSL_ERROR_ZERO_RETURN: ec = net::error::eof; return tls_wants::failed;
    default: break;
    }
    const unsigned long reason = ERR_get_error();
    if (wire_.ended)
        ec = net::ssl::error::stream_truncated;
    else if (reason != 0)
        ec.assign(static_cast<int>(reason & std::numeric_limits<int>::max()), net::error::get_ssl_category());
    else
        ec.assign(wire_.failure != 0 ? wire_.failure : EPROTO, boost::system::system_category());
    return tls_wants::failed;
}

}
