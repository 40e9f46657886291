#pragma once

#include "client.hpp"
#include "sql_parts.hpp"
#include "statements.hpp"

#include <tollgate/store/ledger_store.hpp>
#include <tollgate/store/row_memory.hpp>

namespace tollgate::postgres {

// One round trip a batch that rests on remembered rows (ledger_guarded.cpp). Otherwise two: lock and read everything in
// key order, then write everything and commit.
// The rows of a batch are named before the store's clock is known, from an estimate of it; when the clock shows another
// window, or a row does not exist yet, the transaction starts over (rare: a window turns, a counter is new).
class ledger final : public store::ledger_store {
public:
    explicit ledger(connect_options options);

    store_result<void> connect(); // so that a wrong address is found at once

    store_result<tollgate::ledger::snapshot>
    begin(const std::function<tollgate::ledger::wanted(instant now)>& rows) override;
    store_result<void> commit(const tollgate::ledger::changes& write) override;
    void rollback() override;
    bool takes_assumptions() const override;
    void audit(store::audit_row row) override { audits_.push_back(std::move(row)); }
    store_result<std::vector<tollgate::ledger::reservation>> expired(std::size_t count) override;
    store_result<std::vector<tollgate::ledger::reservation>> held_by(const std::string& node,
                                                                     std::size_t count) override;
    store_result<std::vector<tenant_id>> tenants_with_expired_grants(std::size_t count) override;
    store_result<std::size_t> prune_counters(std::size_t count) override;
    store_result<std::size_t> prune_repeats(std::size_t count) override;

private:
    class prepared_client final : public client {
    public:
        using client::client;

    protected:
        store_result<void> on_open(connection& db) override;
    };

    instant estimate() const;
    void learn(instant now);
    store_result<void> know_clock(connection& db);
    store_result<tollgate::ledger::snapshot> read(connection& db);
    void add_reads(connection& db);
    void add_key_reads(connection& db);
    void take_row(std::size_t statement, reader& in);
    void take_ending(reader& in);
    void take_movement_row(query which, reader& in);
    bool complete(const tollgate::ledger::snapshot& found) const;
    void note_missing(const tollgate::ledger::snapshot& found);
    void add_missing(connection& db);
    void queue(connection& db, query which);
    bool take_changes(const tollgate::ledger::changes& write);
    void add_writes(connection& db, const tollgate::ledger::changes& write);
    void add_balances(connection& db, const tollgate::ledger::changes& write);
    void add_usage(connection& db, const tollgate::ledger::changes& write);
    void add_entries(connection& db, const tollgate::ledger::changes& write);
    void add_repeats(connection& db, const tollgate::ledger::changes& write);
    void add_repeat_reads(connection& db);
    void rollback_after_failure(connection& db);
    store_result<tollgate::ledger::snapshot> begin_guarded(connection& db, instant guess);
    store_result<void> recall(connection& db);
    store_result<void> read_unknown(connection& db, const std::vector<tollgate::ledger::slot>& scopes,
                                    const std::vector<tollgate::ledger::slot>& balances);
    store_result<void> commit_guarded(connection& db, const tollgate::ledger::changes& write);
    void forget();
    void take_tables();
    void add_clock_guard(connection& db);
    void send_guarded(connection& db, query which, arrays& rows);
    void add_scope_guards(connection& db);
    void add_balance_guards(connection& db, const tollgate::ledger::changes& write);
    void add_ending_guards(connection& db, const tollgate::ledger::changes& write);
    void add_openings(connection& db, const tollgate::ledger::changes& write);
    void send(connection& db, query which, arrays& rows);
    store_result<std::vector<tollgate::ledger::reservation>> query_reservations(const std::string& rest,
                                                                                scalars& values);

    prepared_client client_;
    bool open_ = false;                // a transaction is
    std::int64_t clock_offset_us_ = 0; // the store's clock less our steady one
    bool clock_known_ = false;
    std::int64_t clock_seen_us_ = 0; // steady

    store::scope_rows scopes_; // of the open transaction
    store::scope_memory scope_memory_;
    store::balance_memory balance_memory_;
    bool guarded_ = false; // the open batch is, and no transaction with it
    instant guess_;        // the clock that a guarded batch was judged by
    std::uint32_t careful_batches_ = 0, penalty_ = 0;
    parameters guard_values_;
    std::vector<std::unique_ptr<std::array<char, 8>>> guard_counts_;
    tollgate::ledger::wanted need_; // of the open transaction, but for its tables: see take_names
    tollgate::ledger::snapshot found_;
    std::vector<tollgate::ledger::slot> scope_order_, balance_order_; // slots by key: the order of locks
    std::vector<const std::pair<tenant_id, std::string>*> movement_order_;
    std::vector<const std::pair<tenant_id, request_id>*> charge_order_;
    std::vector<const std::pair<tenant_id, std::string>*> claim_order_, token_order_;
    std::vector<store::audit_row> audits_; // of the open transaction
    std::vector<query> sent_;              // the statements of this round trip, in order
    store::scope_key pruned_to_;
    std::int64_t partitions_due_us_ = 0; // by the estimated clock

    struct buffers {
        buffers();
        arrays scope_keys, tenants, grant_tenants, refund_tenants, ids, dated_ids, movement_keys, charge_keys;
        arrays missing_scopes, missing_balances;
        arrays scopes, balances, grants, opened, ended, usage, corrected, refunds, entries, movements;
        arrays claim_keys, token_keys, replaced, claims_made, claims_taken, answers, spent;
        arrays guarded_scopes, checked_scopes, new_scopes, guarded_balances, checked_balances, new_balances;
        arrays guarded_ended;
    };
    buffers out_;
};

}
