#pragma once

#include "session.hpp"

#include <tollgate/store/ledger_store.hpp>
#include <tollgate/store/row_memory.hpp>

namespace tollgate::sqlite {

// One write transaction at a time over all processes (BEGIN IMMEDIATE), so every row that is read is locked, and what
// this process remembers is so until another connection has written, which SQLite tells.
class ledger final : public store::ledger_store {
public:
    explicit ledger(std::unique_ptr<session> db) : db_(std::move(db)) {}

    store_result<tollgate::ledger::snapshot>
    begin(const std::function<tollgate::ledger::wanted(instant now)>& rows) override;
    store_result<void> commit(const tollgate::ledger::changes& write) override;
    void rollback() override { db_->rollback(); }
    bool takes_assumptions() const override { return true; }
    void audit(store::audit_row row) override;
    store_result<std::vector<tollgate::ledger::reservation>> expired(std::size_t count) override;
    store_result<std::vector<tollgate::ledger::reservation>> held_by(const std::string& node,
                                                                     std::size_t count) override;
    store_result<std::vector<tenant_id>> tenants_with_expired_grants(std::size_t count) override;
    store_result<std::size_t> prune_counters(std::size_t count) override;
    store_result<std::size_t> prune_repeats(std::size_t count) override;

private:
    void notice_others();
    void read_counters(tollgate::ledger::snapshot& found);
    void read_balances(const tollgate::ledger::wanted& need, tollgate::ledger::snapshot& found);
    void end_reservations(const tollgate::ledger::changes& write);
    void forget();
    store_result<std::size_t> remove(const std::vector<std::pair<store::scope_key, store::scope_row>>& over);

    std::unique_ptr<session> db_;
    store::scope_rows scopes_; // of the open batch
    store::scope_memory scope_memory_;
    store::balance_memory balance_memory_;
    std::int64_t data_version_ = 0; // changes when another connection has committed
    bool assumes_ = false;          // the open batch does
    instant now_;                   // of the open batch
    store::scope_key pruned_to_;    // where the next pruning goes on
};

// One row of counters into its place in a batch.
void read_scope(session& db, store::scope_table& scopes, tollgate::ledger::slot row);
void write_scopes(session& db, const store::scope_table& scopes);

// The clock of an embedded store is the machine's.
instant clock_now();

}
