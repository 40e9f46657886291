#include <tollgate/admin/admin_handler.hpp>

#include "desk.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <string_view>

namespace tollgate::admin {

// What needs no token. One line a path.
struct open_route {
    std::string_view path;
    task<> (admin_handler::*handle)(ports::exchange&);

    static std::span<const open_route> all();
};

std::span<const open_route> open_route::all() {
    static constexpr open_route table[] = {
        {"/healthz", &admin_handler::healthz},
        {"/readyz", &admin_handler::readyz},
        {"/metrics", &admin_handler::metrics},
    };
    return table;
}

namespace {

constexpr std::string_view api_root = "/admin/v1/";

constexpr field metrics_fields[] = {{"content-type", "text/plain; version=0.0.4; charset=utf-8"},
                                    {"cache-control", "no-store"}};

// A HEAD is a GET whose body the server leaves out.
bool takes(std::string_view method, std::string_view asked) {
    return method == asked || (method == "GET" && asked == "HEAD");
}

problem not_served(std::string_view path) {
    problem out = no_such("resource " + std::string(path.substr(0, 128)) + " on the admin listener");
    out.title = "There is nothing at this path";
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

problem api_is_off() {
    problem out;
    out.status = 403;
    out.code = "admin_api_off";
    out.title = "The admin API has no token and is off";
    out.detail =
        "Set admin.token in the configuration (TOLLGATE_ADMIN_TOKEN in the shipped one), such as the output of "
        "`openssl rand -hex 24`, and start the gateway again. Health and metrics need no token.";
    return out;
}

problem no_token(bool given) {
    problem out;
    out.status = 401;
    out.code = "invalid_admin_token";
    out.title = "The admin API needs an admin token";
    out.detail = given ? "This token is none of the configured ones." : "Send it as `Authorization: Bearer TOKEN`.";
    out.fields.emplace_back("www-authenticate", "Bearer realm=\"tollgate admin\"");
    return out;
}

problem lacks_role(role needed) {
    problem out;
    out.status = 403;
    out.code = "role_missing";
    out.title = "This token may not do that";
    out.detail = "It lacks the role `" + std::string(name_of(needed)) + "`.";
    out.members.emplace_back("role", name_of(needed));
    return out;
}

problem no_idempotency_key(bool given) {
    problem out = bad_request(given ? "The field Idempotency-Key must have 1 to " +
                                          std::to_string(limits::idempotency_key_bytes_max) + " printable characters."
                                    : "Every change needs the header field Idempotency-Key, a text of your choice "
                                      "that names this change: repeated with it, it happens once.");
    out.code = "idempotency_key_required";
    out.title = "The change has no Idempotency-Key";
    return out;
}

problem busy() {
    problem out;
    out.status = 503;
    out.code = "overloaded";
    out.title = "Too many admin requests are waiting";
    out.fields.emplace_back("retry-after", "1");
    return out;
}

std::optional<std::string_view> bearer(std::span<const field> fields) {
    constexpr std::string_view scheme = "bearer ";
    const auto value = find_field(fields, "authorization");
    if (!value || value->size() <= scheme.size() || !same_name(value->substr(0, scheme.size()), scheme))
        return std::nullopt;
    return value->substr(scheme.size());
}

// Quoted, as the draft has it, or bare, as most clients send it. Empty: unusable.
std::string idempotency_key_of(std::string_view text) {
    if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
    const bool plain = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
    if (text.size() > limits::idempotency_key_bytes_max || !plain) return {};
    return std::string(text);
}

struct found_route {
    const route* to = nullptr;
    std::vector<std::string> taken;
    std::string allow; // what the path takes, when the method is another
};

found_route find_route(std::string_view method, std::string_view path) {
    found_route out;
    for (const route& each : routes()) {
        auto taken = matched(each.path, path);
        if (!taken) continue;
        if (takes(each.method, method)) {
            out.to = &each;
            out.taken = std::move(*taken);
            return out;
        }
        out.allow.append(out.allow.empty() ? "" : ", ").append(each.method);
        if (each.method == "GET") out.allow += ", HEAD";
    }
    return out;
}

}

admin_handler::admin_handler(admin_sources sources, admin_work work, std::span<const admin_token> tokens)
    : sources_(std::move(sources)), work_(std::move(work)), access_(tokens),
      desk_(std::make_unique<desk>(sources_, work_)) {}

admin_handler::~admin_handler() = default;

task<> admin_handler::operator()(ports::exchange& x) {
    if (x.path().starts_with(api_root)) {
        co_await api(x);
        co_return;
    }
    for (const open_route& route : open_route::all()) {
        if (route.path != x.path()) continue;
        if (takes("GET", x.method())) {
            co_await (this->*route.handle)(x);
            co_return;
        }
        const problem why = wrong_method("GET, HEAD");
        co_await send_problem(x, why);
        co_return;
    }
    const problem why = not_served(x.path());
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

// Who asks comes first: a stranger learns nothing, not even which paths there are.
task<> admin_handler::api(ports::exchange& x) {
    std::optional<problem> why;
    call about;
    const auto token = bearer(x.fields());
    const auto* who = token ? access_.find(*token) : nullptr;
    found_route at;
    if (access_.empty()) {
        why = api_is_off();
    } else if (!who) {
        why = no_token(token.has_value());
    } else {
        at = find_route(x.method(), x.path());
        if (!at.to)
            why = at.allow.empty() ? not_served(x.path()) : wrong_method(at.allow);
        else if (!who->has(at.to->needed))
            why = lacks_role(at.to->needed);
    }
    if (!why && at.to->does != effect::looks) {
        const auto key = find_field(x.fields(), "idempotency-key");
        about.idempotency_key = idempotency_key_of(key.value_or(""));
        if (about.idempotency_key.empty()) why = no_idempotency_key(key.has_value());
    }
    if (why) {
        co_await send_problem(x, *why);
        co_return;
    }
    about.method = x.method() == "HEAD" ? "GET" : x.method();
    about.path = x.path();
    about.query = x.query();
    about.taken = std::move(at.taken);
    about.actor = who->name;
    co_await answer(x, *at.to, std::move(about));
}

task<> admin_handler::answer(ports::exchange& x, const route& asked, call about) {
    if (asked.does != effect::looks) {
        const auto body = co_await x.read_body(limits::admin_body_bytes_max);
        if (!body) {
            problem why = bad_request(body.error().detail);
            if (body.error().code == errc::body_too_large) why.status = 413;
            co_await send_problem(x, why);
            co_return;
        }
        about.body = *body;
    }
    about.now = sources_.now();
    about.config = sources_.config();
    about.use = &sources_;
    auto work = [this, &asked, about = std::move(about)] { return desk_->run(asked, about); };
    auto done = co_await work_.pool.run(work_.on, std::move(work));
    if (!done || !done->what) {
        const problem why = done ? done->what.error() : busy();
        co_await send_problem(x, why);
        co_return;
    }
    const admin::answer& say = *done->what;
    std::vector<field> fields{{"content-type", say.type}, {"cache-control", "no-store"}};
    if (done->replayed) fields.push_back({"idempotency-replayed", "true"});
    co_await x.send(say.status, fields, say.body);
}

}
