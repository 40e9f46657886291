#pragma once

#include <tollgate/core/ids.hpp>
#include <tollgate/core/refusal.hpp>
#include <tollgate/ports/exchange.hpp>

namespace tollgate::app {

// A refusal of a request that is not metered, in OpenAI's shape.
task<> send_refusal(ports::exchange& x, const refusal& why, request_id id);

}
