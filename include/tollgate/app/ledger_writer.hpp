#pragma once

// Group commit: everything that waits goes to the store as one transaction. The only place that knows both the
// store and the threads; `run_once` is one attempt, so that the simulator can drive it without a thread.

#include <tollgate/ledger/apply.hpp>
#include <tollgate/ports/journal.hpp>
#include <tollgate/store/ledger_store.hpp>

#include <atomic>
#include <concepts>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace tollgate::app {

class ledger_client;

// An operation and whoever waits for it. `what` does not change once submitted, so both sides may read it.
struct pending_op {
    template <class Op>
        requires std::constructible_from<ledger::op, Op>
    explicit pending_op(Op&& op) : what(std::forward<Op>(op)) {}

    ledger::op what;
    ledger::outcome result; // written before `done`
    enum class state : std::uint8_t { waiting, done, abandoned };
    std::atomic<state> now{state::waiting};
    std::int64_t submitted_us = 0;
    ledger_client* from = nullptr;                   // null: nobody waits
    bool kept = false;                               // an ending that is nowhere but here; see ledger_writer::keep
    std::move_only_function<void(bool done)> resume; // on the I/O thread of `from`

    bool move_to(state next) {
        state expected = state::waiting;
        return now.compare_exchange_strong(expected, next);
    }
};
using pending_ptr = std::shared_ptr<pending_op>;

class ledger_writer {
public:
    struct counters { // for metrics
        std::atomic<std::uint64_t> batches{0}, ops{0}, retries{0}, outbox_records{0}, replayed{0}, given_up{0};
        std::atomic<std::uint64_t> outbox_failures{0}; // endings that the outbox did not take
    };

    ledger_writer(store::ledger_store& store, ports::journal& outbox);
    ~ledger_writer();

    // Any thread. False: the queue is full (endings and internal operations are always taken).
    bool submit(std::vector<pending_ptr>& ops);
    // An ending that its caller stopped waiting for: flushed to the outbox, replayed when the store is back. Where the
    // outbox fails too it stays in memory, until one of the two takes it. Any thread.
    void keep(const ledger::op& ending);
    // Endings that a crash would lose. While there are any, nothing new may begin.
    std::size_t only_in_memory() const { return only_in_memory_.load(); }

    // One batch, one attempt. Returns how long to wait before the next: 0 when more is waiting, nothing when idle.
    std::optional<std::uint32_t> run_once();

    void start(); // a thread of its own
    // Everything submitted so far, then the end. Returns how many endings could be written nowhere.
    std::size_t drain_and_stop();

    bool store_reachable() const { return reachable_.load(); }
    std::size_t outbox_size() const { return outbox_.size(); }
    const counters& seen() const { return seen_; }

private:
    bool to_outbox(const ledger::op& ending);
    void keep_safe();
    void no_longer_kept(pending_op& op);
    bool is_unwritten(const pending_op& op) const;
    void take_waiting();
    void drop_abandoned();
    bool attempt();
    void prefer_first_outcomes(std::vector<ledger::outcome>& outcomes);
    bool isolate();
    void deliver(ledger::applied done);
    void finish(std::vector<pending_ptr> ops, std::vector<ledger::outcome>& outcomes);
    // False: it is tried again, or nobody waits for it any more.
    bool settle_one(const pending_ptr& op, ledger::outcome& result, std::vector<pending_ptr>& again);
    void undo_if_held(const pending_op& op, const ledger::outcome& result);
    void add_internal(ledger::op what);
    void replay_outbox();
    void loop();

    store::ledger_store& store_;
    ports::journal& outbox_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<pending_ptr> waiting_;         // under mutex_
    bool sleeping_ = false, stopping_ = false; // under mutex_
    std::vector<pending_ptr> kept_;            // under mutex_; they wait as all others do
    std::deque<pending_ptr> backlog_;          // the writer's own, in order
    std::vector<pending_ptr> batch_;           // being attempted
    std::vector<const ledger::op*> ops_;       // of batch_
    std::vector<ledger::outcome> last_;        // of an attempt whose commit may or may not have happened
    bool tried_ = false;                       // batch_ was, and part of it may be in the store
    std::size_t replaying_ = 0;                // outbox records in batch_
    std::size_t one_by_one_ = 0; // operations still to be tried alone, after a batch that the store refused
    std::atomic<bool> reachable_{true};
    std::atomic<std::size_t> only_in_memory_{0};
    counters seen_;
    std::thread thread_;
};

}
