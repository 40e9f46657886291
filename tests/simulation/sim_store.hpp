#pragma once

// One connection of a process to the shared store: asks the director at every point what goes wrong there, and shows
// every commit to the checker.

#include "planted.hpp"
#include "timeline.hpp"

#include <tollgate/store/ledger_store.hpp>

#include <memory>
#include <optional>

namespace tollgate::simulation {

enum class store_moment : std::uint8_t {
    before_begin,
    before_commit, // the transaction is open: nobody else can use the store
    committed,     // and not yet acknowledged
};

class store_director {
public:
    virtual ~store_director() = default;
    // May move time on, and end the process; what it returns is what the caller sees.
    virtual std::optional<store_error> at(store_moment moment, owner_id life) = 0;
    virtual void on_commit(const ledger::changes& write) = 0; // done, and true from now on
    virtual void on_refused(const store_error& why) = 0;      // by the store's own keys and checks
    virtual bool misbehaves(planted bug) = 0;                 // now
};

class sim_store final : public store::ledger_store {
public:
    sim_store(std::unique_ptr<store::ledger_store> inner, store_director& director, owner_id life)
        : inner_(std::move(inner)), director_(director), life_(life) {}

    store_result<ledger::snapshot> begin(const std::function<ledger::wanted(instant now)>& rows) override;
    store_result<void> commit(const ledger::changes& write) override;
    void rollback() override { inner_->rollback(); }
    store_result<std::vector<ledger::reservation>> expired(std::size_t count) override;
    store_result<std::vector<ledger::reservation>> held_by(const std::string& node, std::size_t count) override;
    store_result<std::vector<tenant_id>> tenants_with_expired_grants(std::size_t count) override;
    store_result<std::size_t> prune_counters(std::size_t count) override;
    bool takes_assumptions() const override { return inner_->takes_assumptions(); }
    store_result<std::size_t> prune_repeats(std::size_t count) override;

private:
    ledger::changes damaged(const ledger::changes& write);

    std::unique_ptr<store::ledger_store> inner_;
    store_director& director_;
    owner_id life_;
};

}
