#pragma once

#include "working_set.hpp"

namespace tollgate::ledger {

// Holds on every counter and the balance that apply, or on none. `out` must outlive what is taken from `rows`.
void admit(const reserve_op& op, working_set& rows, reserve_outcome& out);

}
