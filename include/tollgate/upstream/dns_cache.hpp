#pragma once

// Addresses of providers, resolved off the request path: a request waits for the first answer only; later ones get what
// is known while it is renewed in the background. A failed renewal keeps the old addresses. One I/O thread.

#include <tollgate/core/limits.hpp>
#include <tollgate/runtime/task.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tollgate::upstream {

using addresses = std::vector<net::ip::address>;

class dns_cache {
public:
    using answer = std::function<void(boost::system::error_code, addresses)>;
    // Asks for the addresses of a host; `answer` is called once, later, on the I/O thread.
    using lookup = std::function<void(const std::string& host, answer)>;
    struct options {
        std::uint32_t refresh_ms = limits::dns_refresh_ms;
        std::uint32_t stale_ms = limits::dns_stale_ms;
    };

    dns_cache(lookup how, options with);
    explicit dns_cache(executor on); // the system's resolver
    ~dns_cache();

    // The addresses of `host`, the likeliest first; an address literal is its own. Empty: none known. Cancelling `wake`
    // ends the wait early.
    task<addresses> find(std::string host, steady_timer& wake);
    // Starts to resolve without waiting.
    void prefetch(const std::string& host);
    // That address did not take a connection: it is tried last until the next renewal.
    void failed(const std::string& host, const net::ip::address& which);

private:
    struct state;
    std::shared_ptr<state> state_; // outlives the cache while an answer is awaited
};

}
