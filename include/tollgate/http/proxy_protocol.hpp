#pragma once

// The PROXY protocol, versions 1 and 2: what a TCP load balancer says of the client before its first byte. Pure.

#include <tollgate/http/peer_address.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tollgate::http {

struct proxy_header {
    enum class verdict : std::uint8_t { incomplete, complete, fault };
    verdict state = verdict::incomplete;
    std::size_t bytes = 0;            // of the header, when complete
    std::optional<ip_address> client; // none: the connection is the proxy's own (a health check), or of unknown kind
};

proxy_header parse_proxy_header(std::string_view bytes);

}
