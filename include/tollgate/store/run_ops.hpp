#pragma once

// A few ledger operations as one transaction of their own: for commands and start-up. Requests go through
// app/ledger_writer, which batches.

#include <tollgate/store/ledger_store.hpp>

#include <functional>
#include <span>
#include <vector>

namespace tollgate::store {

// begin -> apply -> commit, again after a conflict or a lost acknowledgement, at most limits::run_ops_attempts_max
// times: operations carry their ids, so those already done return their first outcome. Blocks.
// `audit_of` says what the audit is told; its rows are written with the changes, and not at all when nothing changes.
using audit_of_outcomes = std::function<std::vector<audit_row>(const std::vector<ledger::outcome>& outcomes)>;
store_result<std::vector<ledger::outcome>> run_ops(ledger_store& store, std::span<const ledger::op> ops,
                                                   const audit_of_outcomes& audit_of = {});

}
