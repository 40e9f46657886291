#include <tollgate/app/health.hpp>

#include <tollgate/core/json_writer.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

// An intermediary that keeps such an answer sends traffic to the dead.
constexpr field health_fields[] = {{"content-type", "application/json"}, {"cache-control", "no-store"}};

}

bool is_ready(std::span<const health_check> checks) {
    return std::ranges::all_of(checks, [](const health_check& c) { return c.ok || !c.required; });
}

task<> send_alive(ports::exchange& x) { co_await x.send(200, health_fields, "{\"status\":\"ok\"}"); }

task<> send_ready(ports::exchange& x, std::span<const health_check> checks, health_detail detail) {
    const bool ready = is_ready(checks);
    std::string body;
    json_writer w(body);
    w.begin_object().member("status", ready ? "ready" : "not_ready").key("checks").begin_object();
    for (const health_check& check : checks) {
        w.key(check.name).begin_object().member("ok", check.ok);
        if (!check.required) w.member("required", false);
        if (detail == health_detail::full) w.optional_member("detail", check.detail);
        w.end_object();
    }
    w.end_object().end_object();
    const int status = ready ? 200 : 503;
    co_await x.send(status, health_fields, body);
}

}
