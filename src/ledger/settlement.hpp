#pragma once

#include "working_set.hpp"

namespace tollgate::ledger {

// Operations must outlive what is taken from `rows`.
end_outcome settle(const settle_op& op, working_set& rows);
end_outcome release(const release_op& op, working_set& rows);
end_outcome expire(const expire_op& op, working_set& rows);

}
