#pragma once

#include "working_set.hpp"

namespace tollgate::ledger {

// Money in and out of a prepaid balance, and grants that run out.
move_outcome move(const move_op& op, working_set& rows);
void expire_grants(const expire_grants_op& op, working_set& rows);

}
