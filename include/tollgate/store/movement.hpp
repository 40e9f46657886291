#pragma once

// A movement of money on behalf of a person, as one transaction with its audit row.

#include <tollgate/store/account_store.hpp>
#include <tollgate/store/ledger_store.hpp>

#include <expected>
#include <string>

namespace tollgate::store {

struct movement_failure {
    enum class kind : std::uint8_t {
        store,   // see `why`
        refused, // the balance does not allow it, see `message`
        reused,  // the idempotency key was used for another movement
    };
    kind what = kind::store;
    store_error why;
    std::string message;
};

// Why an amount of this kind cannot be moved; empty when it can.
std::string objection_to(usd_nano amount, ledger::movement kind);

// Posts it once: a repeated idempotency key returns the first outcome, and fails when it named another movement.
// `expiry`: the id of the transaction that posts grants which have run out, first.
std::expected<ledger::move_outcome, movement_failure> post_movement(ledger_store& ledger, account_store& accounts,
                                                                    const ledger::move_op& op, request_id expiry);

// What the grants hold at `now`: what was spent is taken from them, and what ran out is gone. Pure, nothing is written.
ledger::balance_row up_to_date(const tenant_id& tenant, ledger::balance_row stored, instant now);

}
