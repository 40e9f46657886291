#pragma once

// For servers that play a broken peer (the mock upstream).

#include <tollgate/ports/exchange.hpp>

namespace tollgate::http {

// The client sees a reset where the answer stands. `which` must belong to an http::server.
void reset_connection(ports::exchange& which);

}
