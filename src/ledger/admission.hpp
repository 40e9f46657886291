#pragma once

#include "working_set.hpp"

namespace tollgate::ledger {

// Holds on every counter and the balance that apply, or on none.
reserve_outcome admit(const reserve_op& op, working_set& rows);

}
