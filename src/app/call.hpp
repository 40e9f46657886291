#pragma once

// The state of one request on its way through the steps of complete.cpp. Lives in that coroutine's frame.

#include "header_block.hpp"

#include <tollgate/app/decision_record.hpp>
#include <tollgate/app/services.hpp>
#include <tollgate/core/refusal.hpp>
#include <tollgate/openai/error_body.hpp>
#include <tollgate/openai/metering.hpp>
#include <tollgate/openai/request.hpp>
#include <tollgate/policy/decide.hpp>
#include <tollgate/ports/exchange.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::app {

// What one model would cost at most for the request at hand, in the customer's money.
struct quote {
    const model* target = nullptr;          // of the configuration; null: unknown alias
    const model_route* route = nullptr;     // of `target`: who serves it
    const tollgate::price* price = nullptr; // of the route, in force; kept by the configuration; null: not priced
    service_tier tier = service_tier::standard;
    usage_bound bound;
    usd_nano estimate, input_estimate;
    const tollgate::price* approved = nullptr; // where the tenant limits rises; null: nothing to compare
    usd_nano approved_estimate;                // the estimate at that price
    std::int64_t tokens = 0;                   // input and output
    std::int64_t cap = 0;                      // output tokens a choice; 0: no output
    bool cap_is_ours = false;                  // the client asked for none, or for more
};

// One attempt at a provider, for the record.
struct attempt_made {
    std::string_view provider, model; // the model by its alias; of the configuration
    int status = 0;                   // of the answer's head; 0: none came
    std::string_view code;            // of a failure without one
    std::int64_t took_us = 0;         // to the head, or to the failure
};

enum class budget_state : std::uint8_t { ok, soft_limit, over_budget };

struct call {
    call(services& use_, ports::exchange& x_, openai::endpoint where_);
    call(const call&) = delete;
    call& operator=(const call&) = delete;

    services& use;
    ports::exchange& x;
    openai::endpoint where;
    std::shared_ptr<const configuration> config;

    request_id id;
    std::array<char, 30> id_digits{};
    std::string_view id_text; // of id_digits
    instant arrived;

    // 1 who
    std::string_view secret;
    std::shared_ptr<const ports::caller> caller;
    const policy::tenant_policy* policy = nullptr; // of `config`; null: the tenant has none

    // 2 what
    std::string_view body;
    openai::request_facts asked;
    const model* asked_for = nullptr; // of `config`; null: unknown alias
    std::string idempotency_key;      // what the ledger keeps the claim under; empty: none was sent
    std::uint64_t retry_hash = 0;     // of key, path and body; 0: no retry guard

    // 3 how much
    quote offer;                            // of the model asked for, until another takes its place
    std::optional<std::int64_t> exact_text; // tokens of the text, once they were counted
    std::optional<std::int64_t> cap_limit;  // of output tokens, once a budget has cut them

    // 4 may they
    policy::facts facts; // of the model asked for
    policy::ruling rules;

    // 5 hold: what was asked of the ledger and what it said, as the decision's record needs it
    std::optional<policy::course> course;
    std::vector<policy::ledger_reading> answers;
    recorded_outlook outlook;
    std::vector<quote> cheaper;             // parallel to outlook.candidates
    std::optional<policy::decided> decided; // nothing: refused before any rule
    std::string digest;                     // of the request; empty until somebody binds something to it
    std::string confirmation_id;            // of the valid token that lets the request pass
    bool confirmation_spent = false;        // it did so before
    std::string fallback_reason;            // why another model than the one asked for serves

    request_id original; // whose answer is given again; empty: this request runs itself
    ledger::reserve_outcome held;
    bool holding = false;
    budget_state state = budget_state::ok;
    std::optional<usd_nano> remaining; // after this request's hold; absent: no limit in money

    // 6, 7 forward and relay
    // The first choice, made once: of the model asked for, unless its price is not approved and another may stand in.
    const model* first_model = nullptr;
    const model_route* first_route = nullptr;
    std::string first_reason; // why it is not what the catalogue names first; empty: it is, or needs no reason
    std::unique_ptr<policy::facts> attempt_facts; // of a later attempt's offer
    std::uint8_t hold_number = 0;                 // of the last hold asked for; a later attempt holds anew
    std::vector<attempt_made> tries;              // one for each attempt
    usd_nano lost_charge, lost_cost; // of attempts that were sent and never answered, as the policy counts them
    int attempts = 0;
    int status = 0;   // sent to the client
    std::string code; // of a refusal or failure
    bool client_gone = false;

    // 8 settle
    std::optional<ledger::stored_answer> kept; // for repeats, with the settlement
    usage used;
    cost_source source = cost_source::estimated;
    usd_nano charged, provider_cost;
    bool flagged = false;
    std::string model_answered;   // as the provider named it
    std::string record_beginning; // what does not change any more; empty: to be written
    bool logged = false;          // the final record went to the log

    // timings, steady clock; 0: never came to it
    std::int64_t started_us = 0, held_us = 0, first_byte_us = 0;
};

// What the provider made of the request, for settlement.
struct outcome {
    enum class end : std::uint8_t {
        not_sent, // not a byte reached the provider
        refused,  // it answered with an error: nothing is billed
        unknown,  // sent, and no answer: nobody knows
        partial,  // cut: by it, by the client, by a deadline
        complete,
    };
    end how = end::not_sent;
    openai::usage_report report;
    std::int64_t counted_output = 0;
};

// ---- the steps, one file each; nothing means: go on ----
// What is usually at hand needs no coroutine: each step that may wait is asked first whether it has to.
std::optional<refusal> read_credential(call& c); // 1 who
bool recall_caller(call& c);                     // true: find_caller is not needed
task<std::optional<refusal>> find_caller(call& c);
std::optional<refusal> meet_caller(call& c);
std::optional<refusal> read_idempotency_key(call& c);
std::optional<refusal> expect_body(const call& c); // 2 what
bool take_body(call& c);                           // true: await_body is not needed
task<std::optional<refusal>> await_body(call& c);
std::optional<refusal> read_request(call& c);
void watch_retries(call& c);                // counts what the retry guard judges
void note_refused(const call& c, errc why); // and what it was refused for
void estimate(call& c);                     // 3 how much
std::optional<refusal> judge(call& c);      // 4 may they
task<std::optional<refusal>> hold(call& c); // 5 hold
task<> forward(call& c);                    // 6 forward, 7 relay, 8 settle
// 8 settle. `priced` is called once the charge is known, before the settlement is written: the place to keep_answer.
task<> settle(call& c, const outcome& end, const std::function<void()>& priced = {});
void record(call& c);                       // 9 record: log line and metrics
task<> refuse(call& c, const refusal& why); // answers and records a request that holds nothing

// A request that was sent before, under an Idempotency-Key.
std::optional<refusal> meet_claim(call& c); // c.held.claimed; nothing: c.original is to be answered again
task<> replay(call& c);                     // answers with it, or refuses; and records
void keep_answer(call& c, std::string_view content_type, std::string_view body);
bool is_automatic_retry(const ports::exchange& x);

// Sends an error with the decision's fields; false: the client is gone.
task<bool> send_error(const call& c, const openai::error_answer& answer);

ledger::usage_row usage_row_of(call& c); // the final row; logs its record
std::string record_json(call& c);        // the record as far as it is known
refusal refusal_of(const call& c);       // why the ledger said no: c.held
void add_decision_fields(const call& c, header_block& fields);
// Whether a limit of c.course may still refuse this request; in shadow mode, whether it would.
bool binds(const call& c, std::size_t limit);
void add_rate_fields(const call& c, header_block& fields);                     // of c.held
void note_readings(call& c);                                                   // remaining, state: from c.held
quote quote_for(const call& c, const model& target, const model_route& route); // pure
policy::facts facts_of(const call& c, const quote& offer);                     // c.facts, were this what serves; pure
void quote_again(call& c);                  // the model asked for, with what is known by now
task<bool> hold_again(call& c, quote next); // in the place of what is held; false: refused, and all is as before
bool count_exactly(call& c);                // instead of the byte bound; true: the request got smaller

}
