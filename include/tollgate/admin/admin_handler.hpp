#pragma once

// Answers the admin listener. THE table of its routes is in src/admin/admin_handler.cpp.
//
// /healthz, /readyz and /metrics are open to whoever reaches the listener, which is bound to loopback unless the
// operator says otherwise: probes and scrapers carry no tokens. They tell nothing of any tenant.

#include <tollgate/app/health.hpp>
#include <tollgate/ports/exchange.hpp>

#include <functional>
#include <string>
#include <vector>

namespace tollgate::admin {

// What the daemon knows. Called on the admin listener's thread; must not block.
struct admin_sources {
    std::function<std::vector<app::health_check>()> readiness;
    std::function<std::string()> metrics; // Prometheus text
};

class admin_handler {
public:
    explicit admin_handler(admin_sources sources);

    // An http::handler; the object must outlive the exchanges.
    task<> operator()(ports::exchange& x);

private:
    friend struct admin_route;
    task<> healthz(ports::exchange& x);
    task<> readyz(ports::exchange& x);
    task<> metrics(ports::exchange& x);

    admin_sources sources_;
};

}
