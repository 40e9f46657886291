// THE list of data-plane routes. A path that is not here cannot be metered and is not passed on.
#include <tollgate/app/routes.hpp>

#include <tollgate/app/account.hpp>
#include <tollgate/app/complete.hpp>
#include <tollgate/app/models.hpp>
#include <tollgate/app/respond.hpp>
#include <tollgate/app/unmetered.hpp>

#include <algorithm>
#include <array>

namespace tollgate::app {

namespace {

constexpr std::array table{
    route{"POST", "/v1/chat/completions", chat_completions},
    route{"POST", "/v1/completions", completions},
    route{"POST", "/v1/embeddings", embeddings},
    route{"POST", "/v1/responses", responses},
    route{"GET", "/v1/models", list_models},
    route{"GET", "/v1/models/*", show_model},
    route{"GET", "/v1/account/budget", account_budget},
    route{"GET", "/v1/account/usage", account_usage},
    route{"GET", "/v1/account/usage/export", account_usage_export},
    route{"GET", "/v1/account/requests/*", account_request},
};

bool fits(const route& r, std::string_view path) {
    if (!r.path.ends_with("/*")) return r.path == path;
    const std::string_view prefix = r.path.substr(0, r.path.size() - 1);
    return path.size() > prefix.size() && path.starts_with(prefix);
}

// A HEAD is a GET whose body the server leaves out.
bool takes(const route& r, std::string_view method) {
    return r.method == method || (r.method == "GET" && method == "HEAD");
}

task<> send_no_route(services& use, ports::exchange& x, bool known_path) {
    refusal out;
    out.code = known_path ? errc::method_not_allowed : errc::path_not_found;
    if (known_path) {
        std::string allow;
        for (const route& r : table)
            if (fits(r, x.path()))
                allow += (allow.empty() ? "" : ", ") + std::string(r.method == "GET" ? "GET, HEAD" : r.method);
        out.message = "The path " + std::string(x.path()) + " takes " + allow + ".";
        out.extra.emplace_back("allow", allow);
    }
    const instant now = use.clock.now();
    const request_id id = request_id::make(now.ms(), static_cast<std::uint16_t>(use.rng.next()), use.rng.next());
    co_await send_refusal(x, out, id);
}

}

std::span<const route> routes() { return table; }

task<> dispatch(services& use, ports::exchange& x) {
    bool known_path = false;
    for (const route& r : table) {
        if (!fits(r, x.path())) continue;
        if (takes(r, x.method())) return r.handle(use, x);
        known_path = true;
    }
    if (!known_path && is_unmetered(*use.config.get(), x.path())) return pass_unmetered(use, x);
    return send_no_route(use, x, known_path);
}

}
