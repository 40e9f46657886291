#pragma once

// A movement of money from the command line to the ledger, with its audit row.

#include "open.hpp"

#include <tollgate/ledger/types.hpp>

namespace tollgate::cli {

// As given; every text has been validated by CLI11.
struct movement_request {
    ledger::movement kind = ledger::movement::top_up;
    ledger::funding from = ledger::funding::purchase;
    std::string tenant, usd, idempotency_key, reason, expires, refunds;
    std::int32_t priority = 100;
};

// Refuses amounts of the wrong sign or size, and times that are past.
outcome_of<ledger::move_op> checked(const movement_request& given, const surroundings& world);

// Posts it once: a repeated idempotency key returns the first outcome, and is refused when it named another movement.
outcome_of<ledger::move_outcome> post(const ledger::move_op& op, store::database& database, const surroundings& world);

}
