#pragma once

// Which rows operations need.

#include "calendar.hpp"

#include <tollgate/ledger/apply.hpp>

namespace tollgate::ledger {

// How many counters `what` names: for a reservation its limits' and then those kept besides, for an ending its hold's.
std::size_t names_in(const op& what);
std::size_t names_in(op_list ops);

// Names the counters of `ops`, in that order.
void name_counters(op_list ops, calendar& windows, counter_rows& rows, std::vector<slot>& named);

}
