#pragma once

// TLS over a descriptor that never blocks. No waiting here: each call says what to wait for.

#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>

namespace tollgate {

enum class tls_wants : unsigned char { nothing, read, write, failed };

class tls_part {
public:
    tls_part(std::shared_ptr<boost::asio::ssl::context> context, int descriptor);
    tls_part(const tls_part&) = delete;
    tls_part& operator=(const tls_part&) = delete;
    ~tls_part();

    void be_server() { SSL_set_accept_state(ssl_); }
    // False when the name can not be verified against.
    bool be_client(const std::string& server_name);

    // `failed` comes with `ec`. `moved` is the number of plain bytes.
    tls_wants handshake(boost::system::error_code& ec);
    tls_wants read(std::span<char> into, std::size_t& moved, boost::system::error_code& ec);
    // Once it wanted something, it must be called again with the same bytes in front.
    tls_wants write(std::span<const char> from, std::size_t& moved, boost::system::error_code& ec);
    // Sends close_notify without waiting for the peer's.
    tls_wants say_goodbye(boost::system::error_code& ec);
    bool has_pending() const { return SSL_has_pending(ssl_) == 1; }
    // The descriptor is about to be closed; it may soon be another connection's.
    void detach() { wire_.descriptor = -1; }

    struct wire {
        int descriptor = -1;
        int failure = 0; // errno of the last read or write that failed
        bool ended = false;
    };

private:
    tls_wants judge(int returned, boost::system::error_code& ec);

    std::shared_ptr<boost::asio::ssl::context> context_;
    wire wire_;
    SSL* ssl_ = nullptr;
};

}
