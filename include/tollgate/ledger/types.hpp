#pragma once

// The ledger's nouns: counters, balances, reservations, operations and their outcomes.
// Everything here is a value; the pure functions over them are in ledger/apply.hpp, the rows in store/.

#include <tollgate/core/ids.hpp>
#include <tollgate/core/limit_check.hpp>
#include <tollgate/core/money.hpp>
#include <tollgate/core/time.hpp>
#include <tollgate/core/usage.hpp>
#include <tollgate/core/window.hpp>

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tollgate::ledger {

// ---- counters -------------------------------------------------------------------------------------------------

// One row of consumption: whose, of what scope ("tenant", "feature=support", "agent=a1;feature=support"), which window.
// Several limits may read the same counter; a counter belongs to no policy version, so no policy change refills it.
struct counter_key {
    tenant_id tenant;
    std::string scope;
    window span = window::total;
    std::int64_t start_s = 0; // Unix seconds; 0 for window::total
    friend auto operator<=>(const counter_key&, const counter_key&) = default;
};

// The same without owning its text.
struct counter_view {
    std::string_view tenant, scope;
    window span = window::total;
    std::int64_t start_s = 0;

    counter_view(std::string_view tenant, std::string_view scope, window span, std::int64_t start_s)
        : tenant(tenant), scope(scope), span(span), start_s(start_s) {}
    counter_view(const counter_key& key) : counter_view(key.tenant, key.scope, key.span, key.start_s) {}
    explicit operator counter_key() const { return {tenant_id(tenant), std::string(scope), span, start_s}; }
    friend bool operator==(const counter_view& a, const counter_view& b) {
        return a.start_s == b.start_s && a.span == b.span && a.scope == b.scope && a.tenant == b.tenant;
    }
};

struct counter {
    usd_nano spent;            // settled
    usd_nano held;             // by open reservations
    std::int64_t requests = 0; // admitted, however they ended
    std::int64_t tokens = 0;   // settled
    std::int64_t tokens_held = 0;
    std::int64_t in_flight = 0; // open reservations
    friend bool operator==(const counter&, const counter&) = default;
};

// ---- prepaid money --------------------------------------------------------------------------------------------

// One row per prepaid tenant. available = credited - spent - held (+ credit limit at admission).
struct balance {
    usd_nano credited; // sum of all grants and corrections, less expired ones
    usd_nano spent;    // settled from prepaid
    usd_nano held;
    std::optional<std::int64_t>
        next_expiry_s; // of the grants; admission at or after it waits for the expiry to be posted
    friend bool operator==(const balance&, const balance&) = default;
};

enum class funding : std::uint8_t { purchase, promo, plan, refund, adjustment };

// ---- reservations ---------------------------------------------------------------------------------------------

using measure_kind = measure;
using tollgate::limit_check;

// A counter that a reservation holds on. The same row is settled, whatever window is current by then.
struct touched {
    std::string scope;
    window span = window::total;
    std::int64_t start_s = 0;
    friend bool operator==(const touched&, const touched&) = default;
};

// What to do with an open reservation whose usage will never be known.
enum class unknown_usage : std::uint8_t { charge_estimate, charge_input, release };

struct reservation {
    request_id id;
    tenant_id tenant;
    usd_nano amount;
    usd_nano input_amount; // the part of `amount` that is input, for charge_input
    std::int64_t tokens = 0;
    std::vector<touched> counters;
    bool prepaid = false;
    unknown_usage on_unknown = unknown_usage::charge_estimate;
    instant created, expires;
    std::uint8_t attempt = 0; // of its request: a higher one takes this hold's place
    std::string node;         // the process that holds it
    std::string record;       // the request record so far (JSON), for an ending without its process
    friend bool operator==(const reservation&, const reservation&) = default;
};

enum class ending : std::uint8_t { settled, released, expired };
std::string_view name_of(ending how);

// The final row of a request: what usage exports, account views and replays read. Written exactly once, refusals
// included. `record` is the JSON of design section "record of a request"; the columns beside it are what queries filter
// and sum by.
struct usage_row {
    request_id id;
    tenant_id tenant;
    key_id key;
    std::string workspace, feature, agent, end_user, model_requested, model_served, provider;
    std::string decision;          // "allow", "refuse"
    std::string code;              // of a refusal or failure; empty when all went well
    std::string settlement_status; // charged | voided | pending | refunded | credited
    int status = 0;                // HTTP status sent
    usage used;
    usd_nano estimated, charged, provider_cost;
    usd_nano refunded; // filled in on reading; written by changes.refunds alone
    cost_source source = cost_source::estimated;
    bool overage = false, late = false;
    instant at;                    // when the request arrived
    std::vector<touched> counters; // that its hold touched, so that counters can be rebuilt from rows
    bool counted = false;          // it stands in them: one request, `charged` and `tokens`
    std::int64_t tokens = 0;       // as added to them
    std::optional<ending> ended;   // how its reservation ended; nothing when it held nothing
    bool provisional = false;      // charged at an estimate by expiry or recovery: see ended_row.estimated
    std::string record;
};

// ---- repeats --------------------------------------------------------------------------------------------------

// A caller's own name for a request, so that sending it again does not run it again.
struct claim {
    std::string key;  // unique within the tenant
    std::string hash; // of what was sent under it
};

// Who holds a claim, as another request finds it.
struct claimed_by {
    request_id holder;
    bool same_request = false; // the hashes are equal
    bool running = false;      // the holder's reservation is open
    bool answered = false;     // its answer is stored
};

// What was answered to a request with a claim, to be answered again.
struct stored_answer {
    int status = 0;
    std::string content_type;
    std::string body;
    friend bool operator==(const stored_answer&, const stored_answer&) = default;
};

// ---- operations -----------------------------------------------------------------------------------------------

// With the attempt of the open hold of its id, or a lower one: a repeat, which returns the open hold. With a higher one
// it takes that hold's place in one step, or is refused and leaves it as it was.
struct reserve_op {
    reservation hold; // counters, created and expires are filled in by admission
    std::uint32_t ttl_ms = 0;
    std::vector<limit_check> limits; // at most limits::limits_per_request_max
    std::vector<touched> also_count; // scope and span of counters kept although no limit reads them
    std::shared_ptr<const time_zone> zone = time_zone::utc();
    usd_nano credit_limit;      // with hold.prepaid
    std::optional<claim> claim; // taken with the hold; judged before the limits
    std::string spends_token;   // single use, spent with the hold; judged before the limits. Empty: none
};

struct settle_op {
    reservation hold; // as admission returned it
    usd_nano actual;
    std::int64_t tokens = 0;
    usage_row row;
    std::optional<stored_answer> answer = std::nullopt; // kept with the settlement
};

// Ends a reservation without a charge (refused by the provider, never sent).
struct release_op {
    reservation hold;
    usage_row row;
};

// Ends a reservation that outlived its process or its expiry, as hold.on_unknown says.
struct expire_op {
    reservation hold;
    usage_row row; // read back from hold.record by the caller
};

// A request that held nothing (refused, or free): its row alone.
struct note_op {
    usage_row row;
};

enum class movement : std::uint8_t { top_up, grant, adjust, refund, opening };
std::string_view name_of(movement kind);

// Money in or out of a prepaid balance. Idempotent by (tenant, idempotency_key).
struct move_op {
    tenant_id tenant;
    std::string idempotency_key;
    movement kind = movement::top_up;
    usd_nano amount; // positive; adjust may be negative
    funding from = funding::purchase;
    std::int32_t priority = 100;
    std::optional<std::int64_t> expires_s;
    std::string reason, actor;
    request_id transaction;            // id of the new transaction
    std::optional<request_id> refunds; // refund: the request whose charge it gives back
};

// Posts the expiry of grants that have run out.
struct expire_grants_op {
    tenant_id tenant;
    request_id transaction; // id of the new transaction
};

using op = std::variant<reserve_op, settle_op, release_op, expire_op, note_op, move_op, expire_grants_op>;

// ---- outcomes -------------------------------------------------------------------------------------------------

// What a limit's counter stood at when it was judged.
struct reading {
    std::uint16_t limit = 0;
    counter at; // before this request
    std::int64_t start_s = 0;
    std::optional<std::int64_t> end_s; // resets_at
};

enum class refused_by : std::uint8_t {
    limit,          // the limit is spent: what has ended leaves no room
    limit_held,     // there would be room if running requests ended cheaper than held: may pass later
    prepaid,        // the balance is spent
    prepaid_held,   // the balance is held by running requests
    expired_grants, // internal: grants must be expired first, then the op is tried again
    ended,          // this id was reserved and has ended before: it may not run again
    claimed,        // another request holds the claim: see reserve_outcome.claimed
    token_spent,    // another request has spent the token
};

struct reserve_outcome {
    bool admitted = false;
    bool repeated = false;              // this id was reserved before: the same hold is returned
    reservation hold;                   // when admitted
    refused_by why = refused_by::limit; // when not
    std::uint16_t limit = 0;            // with why == limit / limit_held
    std::vector<reading> readings;      // one per limit_check, in their order
    std::optional<balance> prepaid;     // before this request, for prepaid tenants
    std::optional<claimed_by> claimed;  // with why == claimed
};

struct end_outcome {
    ending how = ending::settled;
    bool repeated = false; // had ended before: the first outcome is returned
    bool late = false;     // posted after the reservation had expired
    usd_nano charged;
    usd_nano overage; // charged beyond the hold
};

struct move_outcome {
    bool repeated = false;
    bool refused = false; // the balance does not cover a negative adjustment, or nothing to refund
    std::string reason;
    request_id transaction;
    usd_nano available; // afterwards
};

struct noted {};

using outcome = std::variant<reserve_outcome, end_outcome, move_outcome, noted>;

// ---- accounts, for entries ------------------------------------------------------------------------------------

enum class account : std::uint8_t {
    prepaid,
    receivable,
    revenue,
    cash_clearing,
    promo_expense,
    refunds,
    breakage,
    adjustments,
    provider_cost,
    provider_payable
};
std::string_view name_of(account kind);

// One transfer: append-only, zero-sum by its shape. A transaction is the transfers with one id.
struct entry {
    request_id transaction; // the request, or the movement
    std::uint8_t leg = 0;   // orders the transfers of one transaction
    tenant_id tenant;
    std::string kind; // charge, overage, provider_cost, top_up, grant, adjust, refund, opening, breakage
    account debit = account::prepaid, credit = account::revenue;
    usd_nano amount; // positive
    instant at;      // when it happened (event time)
    std::string idempotency_key, reason, actor;
    std::optional<request_id> reverses; // the transaction that this one corrects
};

struct grant {
    request_id transaction; // that created it
    tenant_id tenant;
    usd_nano amount, remaining; // remaining: after the last burn (see balance.burned in store/)
    funding from = funding::purchase;
    std::int32_t priority = 100;
    instant effective;
    std::optional<std::int64_t> expires_s;
};

}
