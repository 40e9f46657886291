#pragma once

// The ledger as one I/O thread sees it: ports::ledger_port over the shared writer. Operations of one turn of the event
// loop are handed over together, and come back together: a wake-up costs more than an operation.

#include <tollgate/app/ledger_writer.hpp>
#include <tollgate/ports/ledger.hpp>

#include <deque>
#include <vector>

namespace tollgate::app {

class ledger_client final : public ports::ledger_port {
public:
    ledger_client(executor on, ledger_writer& writer, std::function<std::int64_t()> steady_us);

    task<result<ledger::reserve_outcome>> reserve(ledger::reserve_op&& op) override;
    task<settled> settle(ledger::settle_op&& op) override;
    task<settled> release(ledger::release_op&& op) override;
    void note(ledger::note_op op) override;
    task<result<ledger::move_outcome>> move(ledger::move_op op) override;
    bool healthy() const override;

    // Every limits::tick_ms on this thread: gives up waits that took too long.
    void on_tick();
    // From the writer's thread.
    void deliver(std::vector<pending_ptr> done);
    void give_up(pending_ptr op); // the store will never take it

private:
    template <class Op>
    pending_ptr enqueue(Op&& what);
    task<bool> wait(pending_ptr op); // false: gave up
    task<settled> end(pending_ptr pending, ledger::end_outcome expected);
    void hand_over();

    executor on_;
    ledger_writer& writer_;
    std::function<std::int64_t()> steady_us_;
    std::vector<pending_ptr> turn_; // handed over at the end of this turn
    std::deque<pending_ptr> waits_; // in order of submission
};

}
