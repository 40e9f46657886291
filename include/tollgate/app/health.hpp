#pragma once

// Whether the process is alive, and whether it should be sent requests. Served on both listeners: people and
// orchestrators ask the admin's, load balancers the one that clients use.

#include <tollgate/ports/exchange.hpp>

#include <span>
#include <string>

namespace tollgate::app {

struct health_check {
    std::string name; // "store", "catalogue", "provider", "configuration", "outbox", "draining"
    bool ok = false;
    std::string detail;   // for a person; may name addresses and files
    bool required = true; // false: reported, but requests can be served all the same (a reload that failed)
};

bool is_ready(std::span<const health_check> checks);

// 200 while the process answers at all.
task<> send_alive(ports::exchange& x);

// 200 or 503, with every check by name. Details are for the admin listener: anybody may ask the other one.
enum class health_detail : std::uint8_t { none, full };
task<> send_ready(ports::exchange& x, std::span<const health_check> checks, health_detail detail);

}
