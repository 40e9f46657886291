#pragma once

// Paths that the operator passes on without metering (server.unmetered_paths): authenticated, logged by the provider,
// free for the tenant.

#include <tollgate/app/services.hpp>
#include <tollgate/ports/exchange.hpp>

namespace tollgate::app {

bool is_unmetered(const configuration& config, std::string_view path);
task<> pass_unmetered(services& use, ports::exchange& x);

}
