// What the process tells about itself: health for load balancers on the data listener, everything on the admin one.
#include "gateway.hpp"

#include <tollgate/app/routes.hpp>

#include <array>

namespace tollgate {

namespace {

task<> send_text(ports::exchange& x, int status, std::string_view type, const std::string& body) {
    const std::array fields{field{"content-type", type}};
    co_await x.send(status, fields, body);
}

}

http::handler gateway::data_handler(std::size_t thread) {
    return [this, thread](ports::exchange& x) -> task<> {
        const std::string_view path = x.path();
        if (path == "/healthz" || path == "/readyz") return answer_admin(x);
        return app::dispatch(threads_[thread]->services(), x);
    };
}

task<> gateway::answer_admin(ports::exchange& x) {
    const bool ready = !draining_ && store_answers_;
    const std::string body = ready ? "{\"status\":\"ok\"}" : "{\"status\":\"unavailable\"}";
    return send_text(x, x.path() == "/healthz" || ready ? 200 : 503, "application/json", body);
}

void gateway::start_admin() {
    http::server_options options;
    options.endpoint = {net::ip::make_address(settings_.admin.listen.host), settings_.admin.listen.port};
    admin_ = std::make_unique<http::server>(control_.get_executor(), control_ticker_, options,
                                            [this](ports::exchange& x) { return answer_admin(x); });
    control_ticker_.start();
    const std::uint16_t port = admin_->listen();
    log_.info("serving", {{"data", settings_.server.listen.host + ":" + std::to_string(settings_.server.listen.port)},
                          {"admin", settings_.admin.listen.host + ":" + std::to_string(port)},
                          {"store", stores_.database->description()},
                          {"node", state_.node()}});
    write_ready_file(settings_.server.listen.port, port);
}

}
