#pragma once

// The heart: (rows as locked, operations in order) -> (outcomes, rows to write). Pure; the same code serves SQLite,
// Postgres, the simulator and replay. A store only locks and reads what `wanted` names and writes what `changes` says.

#include <tollgate/ledger/row_table.hpp>
#include <tollgate/ledger/types.hpp>

#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace tollgate::ledger {

// What refunds have put back into a balance, since it is there.
struct given_back {
    usd_nano all;
    usd_nano freely; // of it, without naming a request
};

struct balance_row {
    balance now;
    usd_nano burned;           // of balance.spent, what grants' `remaining` already reflects
    std::vector<grant> grants; // open ones, when wanted
    given_back refunded = {};  // when wanted
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

// ---- rows by slot ---------------------------------------------------------------------------------------------

std::uint64_t hash_of(const counter_view& key);
std::uint64_t hash_of(std::uint64_t hash_of_tenant, std::string_view scope, window span, std::int64_t start_s);

using counter_rows = row_table<counter_key, counter, counter_view>;
using balance_rows = row_table<tenant_id, balance_row, std::string_view>;
std::vector<slot> key_order(const counter_rows& rows);
std::vector<slot> key_order(const balance_rows& rows);

// Rows that a batch reads. Sets ascend, and so do tables `in_order`: that is the order of locks.
struct wanted {
    counter_rows counters;
    std::vector<slot> named;     // of counters: those that each operation names, one operation after the other
    balance_rows balances;       // with their grants when `grants` holds the tenant, and so for `refunds`
    std::set<tenant_id> grants;  // movements and expiries: the tenant's open grants
    std::set<tenant_id> refunds; // refunds: what the tenant was given back before
    std::map<request_id, tenant_id> reservations;          // open ones, and endings of those that are not open
    std::set<std::pair<tenant_id, std::string>> movements; // (tenant, idempotency key) that may have been posted
    std::set<std::pair<tenant_id, request_id>> charges;    // requests whose charge a refund gives back
    std::set<std::pair<tenant_id, std::string>> claims;    // (tenant, key)
    std::set<std::pair<tenant_id, std::string>> tokens;    // (tenant, token) that may be spent
    // The caller believes that these are open, and that no id of the batch is known otherwise: nothing is probed. A
    // store that takes it at its word finds out when it commits, and says conflict.
    bool assumes = false;
    std::vector<const reservation*> assumed; // of the operations
};

// What the store found, in the tables of `wanted` (see take_names).
struct snapshot {
    instant now; // the store's clock
    counter_rows counters;
    std::vector<slot> named; // as in `wanted`, for operations at `now`; empty: not known
    balance_rows balances;
    std::unordered_map<request_id, reservation> reservations; // open
    std::vector<const reservation*> assumed;                  // open as far as anybody knows
    std::unordered_map<request_id, ended_row> endings;
    std::map<std::pair<tenant_id, std::string>, posted_movement> movements;
    std::map<std::pair<tenant_id, request_id>, charged_row> charges;
    std::map<std::pair<tenant_id, std::string>, claim_row> claims;
    std::map<std::pair<tenant_id, std::string>, request_id> tokens; // spent, by whom
};

// Moves the rows that are to be found out of `asked`.
void take_names(wanted& asked, snapshot& found);

// A hold to be written: its record stands in its operation, the rest as its caller is told.
struct opening {
    const reservation* hold;
    const std::string* record;
    reservation whole() const;
};

// A usage row to be written: what the request is known by stands in its operation, what its ending says stands here.
struct usage_write {
    const usage_row* row;
    const std::vector<touched>* counters;
    usd_nano estimated, charged;
    bool overage = false, late = false, counted = false, provisional = false;
    std::int64_t tokens = 0;
    std::optional<ending> ended;

    usage_write(const usage_row& as_it_is);
    usage_row whole() const;
};

// What the store must write in the same transaction. Rows are whole new values, not differences. Pointers are into the
// operations, the outcomes and the snapshot, which outlive this.
struct changes {
    counter_rows counters;                              // upsert what changed; the others stand as they were read
    balance_rows balances;                              // the same; `grants` are upserted by their transaction
    std::vector<opening> reservations_opened;           // insert
    std::vector<opening> reservations_replaced;         // update: by a later attempt
    std::vector<const reservation*> reservations_ended; // delete
    std::vector<usage_write> usage;                     // insert; a row with the same id stays as it is
    std::vector<usage_write> usage_corrected;           // update: the late settlement of an estimated ending
    std::vector<entry> entries;                         // insert; those with an idempotency key also fill `movements`
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

// Adds to `more` what the open holds in `found` touch and the tables of `found` do not name: a hold may have been
// replaced since its caller saw it. True when there is any; the store then locks those rows too before it answers.
bool want_found_holds(const snapshot& found, wanted& more);

struct applied {
    std::vector<outcome> outcomes; // parallel to the ops
    changes write;
};

// Precondition: `found` holds every existing row of rows_of(ops, found.now). Its tables go to the changes, and what is
// left of it must stay as long as they do.
applied apply(op_list ops, snapshot& found);
applied apply(std::span<const op> ops, snapshot& found);

// What a hold is charged whose usage nobody will ever know.
usd_nano charge_of_unknown(const reservation& hold);

// Grants that still have money, in the order they burn, with what settled spending has taken from them by now: the rows
// themselves lag behind (see balance_row.burned).
std::vector<grant> open_grants(balance_row row);

}
