#pragma once

// TLS client contexts, one per provider identity, shared by all I/O threads: TLS 1.2 and up, peers verified against the
// system's CAs or the provider's file, sessions kept for resumption. The lock is taken per new connection only.

#include <tollgate/core/catalog.hpp>
#include <tollgate/core/error.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace tollgate::upstream {

class tls_contexts {
public:
    // Fails with provider_unavailable when the provider's CA file can not be used. Safe from any thread.
    result<std::shared_ptr<boost::asio::ssl::context>> client_for(const provider& to);

private:
    std::mutex guard_;
    std::unordered_map<std::string, std::shared_ptr<boost::asio::ssl::context>> known_;
};

}
