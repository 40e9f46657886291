#pragma once

// A tenant's own view, with the tenant's own key: what is left, what was used, one request. Never another tenant's.

#include <tollgate/app/services.hpp>
#include <tollgate/ports/exchange.hpp>

namespace tollgate::app {

// GET /v1/account/budget[?feature=..&agent=..]: every limit that this key can run into. Limits `per` something are
// shown where the key pins it or the query names it.
task<> account_budget(services& use, ports::exchange& x);

// GET /v1/account/usage[?from&to&group_by]: sums of [from, to), the current month by default.
task<> account_usage(services& use, ports::exchange& x);

// GET /v1/account/usage/export[?from&to&format]: one line a request, as a stream; see usage_format.hpp.
task<> account_usage_export(services& use, ports::exchange& x);

// GET /v1/account/requests/{request_id}
task<> account_request(services& use, ports::exchange& x);

}
