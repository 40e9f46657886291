#include <tollgate/store/run_ops.hpp>

#include <tollgate/core/limits.hpp>

namespace tollgate::store {

namespace {

store_result<std::vector<ledger::outcome>> attempt(ledger_store& store, std::span<const ledger::op> ops,
                                                   const audit_of_outcomes& audit_of, bool& may_retry) {
    may_retry = false;
    auto found = store.begin([&](instant now) { return ledger::rows_of(ops, now); });
    if (!found) {
        // A store that is away has been waited for by its own time limits; only a conflict is worth another look.
        may_retry = found.error().fault == store_fault::conflict;
        return std::unexpected(found.error());
    }
    ledger::applied done = ledger::apply(ops, *found);
    if (done.write.empty()) {
        store.rollback();
        return std::move(done.outcomes);
    }
    if (audit_of)
        for (audit_row& row : audit_of(done.outcomes)) store.audit(std::move(row));
    if (auto committed = store.commit(done.write); !committed) {
        may_retry = committed.error().fault != store_fault::corrupt;
        return std::unexpected(committed.error());
    }
    return std::move(done.outcomes);
}

}

store_result<std::vector<ledger::outcome>> run_ops(ledger_store& store, std::span<const ledger::op> ops,
                                                   const audit_of_outcomes& audit_of) {
    for (int attempts = 1;; ++attempts) {
        bool may_retry = false;
        auto outcomes = attempt(store, ops, audit_of, may_retry);
        if (outcomes || !may_retry || attempts == limits::run_ops_attempts_max) return outcomes;
    }
}

}
