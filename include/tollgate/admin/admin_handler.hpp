#pragma once

// Answers the admin listener: health and metrics for whoever reaches it, and the admin API under /admin/v1 for the
// holders of tokens. THE table of the API's routes is src/admin/routes.cpp.
//
// /healthz, /readyz and /metrics are open, as the listener is bound to loopback unless the operator says otherwise:
// probes and scrapers carry no tokens. They tell nothing of any tenant.

#include <tollgate/admin/access.hpp>
#include <tollgate/admin/sources.hpp>
#include <tollgate/ports/exchange.hpp>

#include <memory>
#include <span>

namespace tollgate::admin {

class desk;
struct call;
struct route;

class admin_handler {
public:
    admin_handler(admin_sources sources, admin_work work, std::span<const admin_token> tokens);
    ~admin_handler();

    // An http::handler; the object must outlive the exchanges.
    task<> operator()(ports::exchange& x);

private:
    friend struct open_route;
    task<> healthz(ports::exchange& x);
    task<> readyz(ports::exchange& x);
    task<> metrics(ports::exchange& x);
    task<> api(ports::exchange& x);
    task<> answer(ports::exchange& x, const route& asked, call about);

    admin_sources sources_;
    admin_work work_;
    access_table access_;
    std::unique_ptr<desk> desk_;
};

}
