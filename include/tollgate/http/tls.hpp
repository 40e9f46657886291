#pragma once

// The server's certificate: TLS 1.2 and later, http/1.1 by ALPN, replaced without a restart.

#include <tollgate/core/error.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <mutex>
#include <string>

namespace tollgate::http {

struct tls_files {
    std::string certificate_chain; // PEM, leaf first
    std::string private_key;       // PEM
};

// May be asked and reloaded from any thread.
class tls_reloader {
public:
    // Throws std::runtime_error when the pair cannot be used.
    explicit tls_reloader(tls_files files);
    // Reads the files again. When they cannot be used the old pair stays, and the error says why.
    result<void> reload();
    // Connections keep the context they began with.
    std::shared_ptr<boost::asio::ssl::context> current() const;

private:
    tls_files files_;
    mutable std::mutex mutex_;
    std::shared_ptr<boost::asio::ssl::context> current_;
};

}
