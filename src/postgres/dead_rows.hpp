#pragma once

#include "connection.hpp"

namespace tollgate::postgres {

// Frees the room of reservations that have ended, once it is worth it. A reservation lives for seconds; the server's
// own vacuum comes once a minute, when a busy gateway has left hundreds of megabytes that are written to disk for
// nothing. A server that refuses is no failure: its own vacuum still comes.
store_result<void> free_dead_reservations(connection& db);

}
