#pragma once

// The boundary to a database for the ledger: synchronous and batch-shaped. One transaction is
// begin -> commit or rollback, on one thread. Implementations: sqlite/, postgres/, and tests/support/memory_store.

#include <tollgate/core/error.hpp>
#include <tollgate/ledger/apply.hpp>
#include <tollgate/store/audit.hpp>

#include <functional>

namespace tollgate::store {

class ledger_store {
public:
    virtual ~ledger_store() = default;

    // Starts a transaction, reads the clock, asks `rows` which rows that clock needs, locks those that exist in key
    // order and reads them; reservations without their record, and all that an open one touches, named or not. On
    // failure no transaction is open.
    virtual store_result<ledger::snapshot> begin(const std::function<ledger::wanted(instant now)>& rows) = 0;

    // Writes and commits. After store_fault::unavailable the outcome is unknown: the caller runs the batch again, and
    // operations that had been applied find their rows and return their first outcome.
    virtual store_result<void> commit(const ledger::changes& write) = 0;

    virtual void rollback() = 0;

    // Between begin and commit: a row of the audit, written by that commit. Stores of tests may keep none.
    virtual void audit(audit_row) {}

    // Whether `begin` may be given what ledger::rows_assumed wants just now. What it answers then is what this store
    // remembers, and stands only if the commit succeeds, so that a batch which writes nothing is committed as well;
    // after a conflict the batch is run again with ledger::rows_of.
    virtual bool takes_assumptions() const { return false; }

    // Open reservations past their expiry, or of `node` itself (recovery at start: everything of an earlier life of
    // this process), oldest first, at most `count`. Own short transaction.
    virtual store_result<std::vector<ledger::reservation>> expired(std::size_t count) = 0;
    virtual store_result<std::vector<ledger::reservation>> held_by(const std::string& node, std::size_t count) = 0;
    // Tenants with a grant that has run out and is not posted yet.
    virtual store_result<std::vector<tenant_id>> tenants_with_expired_grants(std::size_t count) = 0;
    // Deletes scopes that have nothing but minutes and hours that ended long ago, and hold nothing. Returns how many.
    virtual store_result<std::size_t> prune_counters(std::size_t count) = 0;
    // Deletes claims, answers and spent tokens that are older than they are kept, at most `count` of each.
    virtual store_result<std::size_t> prune_repeats(std::size_t count) = 0;
};

}
