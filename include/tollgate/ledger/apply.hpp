#pragma once

// The heart: (rows as locked, operations in order) -> (outcomes, rows to write). Pure; the same code serves SQLite,
// Postgres, the simulator and replay. A store only locks and reads what `wanted` names and writes what `changes` says.

#include <tollgate/ledger/types.hpp>

#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace tollgate::ledger {

// Rows that a batch reads, in lock order (std::set: ascending).
struct wanted {
    std::set<counter_key> counters;
    std::set<tenant_id> balances;                          // with their grants when `grants` holds the tenant
    std::set<tenant_id> grants;                            // movements and expiries: the tenant's open grants
    std::set<request_id> reservations;                     // open ones, and endings of those that are not open
    std::set<std::pair<tenant_id, std::string>> movements; // (tenant, idempotency key) that may have been posted
    std::set<std::pair<tenant_id, request_id>> charges;    // requests whose charge a refund gives back
    std::set<std::pair<tenant_id, std::string>> claims;    // (tenant, key)
    std::set<std::pair<tenant_id, std::string>> tokens;    // (tenant, token) that may be spent
    // The caller believes that these are open, and that no id of the batch is known otherwise: nothing is probed. A
    // store that takes it at its word finds out when it commits, and says conflict.
    bool assumes = false;
    std::vector<const reservation*> assumed;
};

struct balance_row {
    balance now;
    usd_nano burned;           // of balance.spent, what grants' `remaining` already reflects
    std::vector<grant> grants; // open ones, when wanted
};

struct ended_row {
    ending how = ending::settled;
    usd_nano charged;
    bool estimated = false;  // ended by recovery or expiry at an estimate: a late settlement may still correct it
    std::int64_t tokens = 0; // as its row added them to its counters
    bool counted = false;    // its row stands in its counters
};

struct posted_movement {
    request_id transaction;
};

struct charged_row {
    usd_nano charged, refunded;
};

struct claim_row {
    request_id holder;
    std::string hash;
    instant created;
    bool running = false, answered = false; // the holder; read by the store, never written
};

// What the store found. A row that does not exist is absent.
struct snapshot {
    instant now; // the store's clock
    std::map<counter_key, counter> counters;
    std::map<tenant_id, balance_row> balances;
    std::unordered_map<request_id, reservation> reservations; // open
    std::unordered_map<request_id, ended_row> endings;
    std::map<std::pair<tenant_id, std::string>, posted_movement> movements;
    std::map<std::pair<tenant_id, request_id>, charged_row> charges;
    std::map<std::pair<tenant_id, std::string>, claim_row> claims;
    std::map<std::pair<tenant_id, std::string>, request_id> tokens; // spent, by whom
};

// What the store must write in the same transaction. Rows are whole new values, not differences.
struct changes {
    std::map<counter_key, counter> counters;        // upsert
    std::map<tenant_id, balance_row> balances;      // upsert; `grants` are upserted by their transaction
    std::vector<reservation> reservations_opened;   // insert
    std::vector<reservation> reservations_replaced; // update: by a later attempt
    std::vector<std::pair<tenant_id, request_id>> reservations_ended; // delete
    std::vector<usage_row> usage;                                     // insert; a row with the same id stays as it is
    std::vector<usage_row> usage_corrected; // update: the late settlement of an estimated ending
    std::vector<entry> entries;             // insert; those with an idempotency key also fill `movements`
    struct refund {
        tenant_id tenant;
        request_id id;
        usd_nano refunded;
    };
    std::vector<refund> refunds; // update: the usage row's refunded total, status "refunded"
    struct claim_write {
        claim_row row;
        bool fresh = false; // insert: nobody had it when it was read; else update
    };
    std::map<std::pair<tenant_id, std::string>, claim_write> claims;
    struct answer {
        tenant_id tenant;
        request_id id;
        stored_answer what;
        instant created;
    };
    std::vector<answer> answers; // insert; one that exists stays as it is
    struct spent_token {
        tenant_id tenant;
        std::string token;
        request_id by;
        instant created;
    };
    std::vector<spent_token> tokens; // insert

    bool empty() const;
};

// Pointers, so that whoever waits for an operation and the writer can share it without a copy.
using op_list = std::span<const op* const>;

// Rows that `ops` need when the store's clock shows `now`.
wanted rows_of(op_list ops, instant now);
// The same for operations that were never sent before. Nothing when one of them must be probed all the same.
std::optional<wanted> rows_assumed(op_list ops, instant now);
wanted rows_of(std::span<const op> ops, instant now);

// Adds to `more` what the open holds in `found` touch and `asked` did not name: a hold may have been replaced since its
// caller saw it. True when there is any; the store then locks those rows too before it answers.
bool want_found_holds(const snapshot& found, const wanted& asked, wanted& more);

struct applied {
    std::vector<outcome> outcomes; // parallel to the ops
    changes write;
};

// Precondition: `found` holds every existing row of rows_of(ops, found.now).
applied apply(op_list ops, const snapshot& found);
applied apply(std::span<const op> ops, const snapshot& found);

// What a hold is charged whose usage nobody will ever know.
usd_nano charge_of_unknown(const reservation& hold);

// Grants that still have money, in the order they burn, with what settled spending has taken from them by now: the rows
// themselves lag behind (see balance_row.burned).
std::vector<grant> open_grants(balance_row row);

}
