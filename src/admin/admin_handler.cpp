#include <tollgate/admin/admin_handler.hpp>

#include <tollgate/admin/problem.hpp>

#include <string_view>

namespace tollgate::admin {

// One line a route. A path ending in "/*" takes one more segment.
struct admin_route {
    std::string_view method, path;
    task<> (admin_handler::*handle)(ports::exchange&);

    static std::span<const admin_route> all();
};

std::span<const admin_route> admin_route::all() {
    static constexpr admin_route table[] = {
        {"GET", "/healthz", &admin_handler::healthz},
        {"GET", "/readyz", &admin_handler::readyz},
        {"GET", "/metrics", &admin_handler::metrics},
    };
    return table;
}

namespace {

constexpr field metrics_fields[] = {{"content-type", "text/plain; version=0.0.4; charset=utf-8"},
                                    {"cache-control", "no-store"}};

bool fits(std::string_view pattern, std::string_view path) {
    if (!pattern.ends_with("/*")) return pattern == path;
    pattern.remove_suffix(1);
    return path.size() > pattern.size() && path.starts_with(pattern) &&
           path.find('/', pattern.size()) == std::string_view::npos;
}

// A HEAD is a GET whose body the server leaves out.
bool takes(std::string_view method, std::string_view asked) {
    return method == asked || (method == "GET" && asked == "HEAD");
}

problem not_found(std::string_view path) {
    problem out;
    out.status = 404;
    out.code = "not_found";
    out.title = "There is nothing at this path";
    out.detail = "The admin listener does not serve " + std::string(path) + ".";
    return out;
}

problem wrong_method(std::string allow) {
    problem out;
    out.status = 405;
    out.code = "method_not_allowed";
    out.title = "This path does not take this method";
    out.detail = "It takes " + allow + ".";
    out.fields.emplace_back("allow", std::move(allow));
    return out;
}

}

admin_handler::admin_handler(admin_sources sources) : sources_(std::move(sources)) {}

task<> admin_handler::operator()(ports::exchange& x) {
    std::string allow;
    for (const admin_route& route : admin_route::all()) {
        if (!fits(route.path, x.path())) continue;
        if (takes(route.method, x.method())) {
            co_await (this->*route.handle)(x);
            co_return;
        }
        allow.append(allow.empty() ? "" : ", ").append(route.method);
        if (route.method == "GET") allow += ", HEAD";
    }
    const problem why = allow.empty() ? not_found(x.path()) : wrong_method(std::move(allow));
    co_await send_problem(x, why);
}

task<> admin_handler::healthz(ports::exchange& x) { return app::send_alive(x); }

task<> admin_handler::readyz(ports::exchange& x) {
    const std::vector<app::health_check> checks = sources_.readiness();
    co_await app::send_ready(x, checks, app::health_detail::full);
}

task<> admin_handler::metrics(ports::exchange& x) {
    const std::string text = sources_.metrics();
    co_await x.send(200, metrics_fields, text);
}

}
