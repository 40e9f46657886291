#pragma once

// The ledger's store in memory, for the simulator and the contract suite: the same promises as the databases, a clock
// that the test gives, and failures where the test wants them. One memory_database is one database; each store that it
// opens is one connection. Transactions exclude each other, also between threads.

#include <tollgate/store/ledger_store.hpp>
#include <tollgate/store/verify.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace tollgate::test {

enum class store_point : std::uint8_t { begin, commit };

enum class store_failure : std::uint8_t {
    none,
    unavailable,          // nothing happened, and the caller cannot know
    conflict,             // nothing happened, and the caller knows
    lost_acknowledgement, // at commit: it happened, and the caller cannot know
};

struct memory_rows {
    std::map<ledger::counter_key, ledger::counter> counters;
    std::map<tenant_id, ledger::balance_row> balances; // without grants
    std::map<std::pair<tenant_id, request_id>, ledger::grant> grants;
    std::map<request_id, ledger::reservation> reservations;
    std::map<request_id, ledger::usage_row> usage;
    std::vector<ledger::entry> entries;
    std::map<std::pair<tenant_id, std::string>, request_id> movements;
    std::map<std::pair<tenant_id, std::string>, ledger::claim_row> claims;
    std::map<std::pair<tenant_id, request_id>, ledger::changes::answer> answers;
    std::map<std::pair<tenant_id, std::string>, ledger::changes::spent_token> tokens;
};

class memory_database {
public:
    explicit memory_database(std::function<instant()> clock) : clock_(std::move(clock)) {}

    // Asked at every begin and commit of every store; none when absent.
    std::function<store_failure(store_point)> failures;

    std::unique_ptr<store::ledger_store> open_ledger();

    // For invariants and for planting damage. Not while a transaction of another thread is open.
    memory_rows& rows() { return rows_; }
    const memory_rows& rows() const { return rows_; }
    store::tenant_books books(const tenant_id& tenant) const;
    std::vector<store::discrepancy> verify() const; // every tenant
    std::optional<ledger::stored_answer> stored_answer(const tenant_id& tenant, request_id id) const;
    std::uint64_t commits() const { return commits_; } // that happened

private:
    friend class memory_ledger;
    store_failure failure_at(store_point point) { return failures ? failures(point) : store_failure::none; }

    std::function<instant()> clock_;
    std::mutex transaction_;
    memory_rows rows_;
    std::uint64_t commits_ = 0;
};

}
