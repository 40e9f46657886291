#pragma once

// The ledger as a request sees it. Calls resume on the I/O thread that made them.

#include <tollgate/core/error.hpp>
#include <tollgate/ledger/types.hpp>
#include <tollgate/runtime/task.hpp>

namespace tollgate::ports {

class ledger_port {
public:
    virtual ~ledger_port() = default;

    // Operations are large: reserve, settle and release move from what they are given, which lives until they return.

    // Durable before it returns. Error: ledger_unavailable (after limits::reserve_wait_ms_max; whatever the store did
    // with it by then is undone), overloaded (queue full).
    virtual task<result<ledger::reserve_outcome>> reserve(ledger::reserve_op&& op) = 0;

    // Never loses the settlement: it is in the store, or flushed to the outbox, before this returns.
    struct settled {
        bool in_outbox = false; // the store could not take it yet; `outcome` is what it will be
        ledger::end_outcome outcome;
    };
    virtual task<settled> settle(ledger::settle_op&& op) = 0;
    virtual task<settled> release(ledger::release_op&& op) = 0;

    // Records a request that held nothing. Does not wait.
    virtual void note(ledger::note_op op) = 0;

    virtual task<result<ledger::move_outcome>> move(ledger::move_op op) = 0;

    virtual bool healthy() const = 0; // the store answered lately and the outbox is empty
};

}
