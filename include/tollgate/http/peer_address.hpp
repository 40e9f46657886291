#pragma once

// Who is at the other end: the socket's address, or what a trusted proxy says of it. Pure.

#include <tollgate/core/error.hpp>
#include <tollgate/core/fields.hpp>

#include <boost/asio/ip/address.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::http {

using ip_address = boost::asio::ip::address;

// IPv4 mapped into IPv6 ("::ffff:10.0.0.1") becomes the IPv4 address it stands for.
ip_address plain_address(const ip_address& address);

// Addresses and networks: "10.0.0.0/8", "::1", "fd00::/8".
class address_set {
public:
    static result<address_set> parse(std::span<const std::string> networks); // invalid_request names the wrong one
    bool contains(const ip_address& address) const;
    bool empty() const { return networks_.empty(); }

private:
    struct network {
        ip_address address;
        unsigned prefix_bits = 0;
    };
    std::vector<network> networks_;
};

// The client according to every X-Forwarded-For field, from the right: the first address that is not a trusted proxy.
// `peer` must be trusted. What is not an address ends the walk; then the last good one counts.
ip_address forwarded_client(std::span<const field> fields, const ip_address& peer, const address_set& trusted);

}
