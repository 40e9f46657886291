#pragma once

// The steps of an exchange with a provider: connect, send the request, read the head of the answer.

#include <tollgate/ports/upstream.hpp>
#include <tollgate/upstream/connection.hpp>
#include <tollgate/upstream/dns_cache.hpp>
#include <tollgate/upstream/tls_contexts.hpp>
#include <tollgate/upstream/workspace.hpp>

#include <cstdint>
#include <optional>

namespace tollgate::upstream {

// How long each wait may take. Instants are of the steady clock, in microseconds.
struct patience {
    std::uint32_t connect_ms = 0, first_byte_ms = 0, idle_ms = 0;
    std::int64_t total_at_us = 0;

    // The deadline of a wait that starts now.
    std::int64_t until(std::uint32_t ms) const;
};

// What the request asks for, else what the provider is given, else limits.hpp.
patience patience_for(const ports::upstream_request& request);

// TCP, with every known address in turn, and TLS. The error is as the port tells it.
struct connector {
    dns_cache& names;
    tls_contexts& contexts;
    task<std::optional<error>> connect(connection& fresh, const provider& to, stop_signal& stop, const patience& waits);
};

struct exchange_failure {
    ports::upstream::failure what;
    bool stale = false; // the peer ended the connection before a byte of the answer
};

// Sends the head in `space` with the body of `request`, then reads to the end of the answer's head, which is parsed
// into `space`. Bytes behind it stay unread in the buffer.
task<std::optional<exchange_failure>> exchange(connection& on, workspace& space, const ports::upstream_request& request,
                                               stop_signal& stop, const patience& waits);

}
