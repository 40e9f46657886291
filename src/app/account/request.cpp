// GET /v1/account/requests/{request_id}
#include "viewer.hpp"

#include <tollgate/app/account.hpp>
#include <tollgate/app/respond.hpp>
#include <tollgate/app/usage_format.hpp>

namespace tollgate::app {

namespace {

constexpr std::string_view prefix = "/v1/account/requests/";

// The same for an id that is none, one that is not there, and another tenant's.
refusal no_such_request(std::string_view id) {
    refusal out;
    out.code = errc::path_not_found;
    out.message = "There is no request " + std::string(id.substr(0, 64)) + " of this tenant.";
    return out;
}

}

task<> account_request(services& use, ports::exchange& x) {
    viewer who = co_await identify_viewer(use, x);
    const std::string_view text = x.path().starts_with(prefix) ? x.path().substr(prefix.size()) : "";
    const auto id = request_id::parse(text);
    if (!who.objection && !id) who.objection = no_such_request(text);
    if (who.objection) {
        co_await send_refusal(x, *who.objection, who.id);
        co_return;
    }
    auto read = [tenant = who.caller->tenant, wanted = *id](store::account_store& store) {
        return store.request(tenant, wanted);
    };
    const auto found = co_await use.accounts.run(use.on, std::move(read));
    if (!found || !*found) {
        const refusal why = found ? no_such_request(text) : view_failure(found.error());
        co_await send_refusal(x, why, who.id);
        co_return;
    }
    std::string body;
    append_json_row(body, **found, audience::tenant);
    co_await send_view(x, who, body);
}

}
