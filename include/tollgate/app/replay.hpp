#pragma once

// A recorded decision, recomputed: explained step by step, compared with what stands in the record, or made again under
// another policy. Pure: the record and the policy are all it looks at.

#include <tollgate/app/decision_record.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::app {

// The bytes that decided_json() gives for the recorded facts and answers under `policy` (null: the tenant has none).
std::string decided_again(const decision_record& from, const policy::tenant_policy* policy);

// ---- explained ----

struct judged_rule {
    std::string_view name;
    bool reached = true;              // a rule before it had not refused
    std::optional<refusal> objection; // nothing: passed
    bool only_noted = false;          // shadow mode: it objects, and the request is served
};

struct judged_limit {
    std::string name, scope, actions;
    window span = window::month;
    measure what = measure::cost;
    std::int64_t maximum = 0, used = 0, held = 0, wanted = 0; // nano-USD for cost, else a count
    fit how = fit::fits;
    bool hard = true; // when it was judged
};

// One question to the ledger: a course asks again with a cheaper model, or past a limit that let it.
struct judged_question {
    std::string model;
    usd_nano estimate;
    std::vector<judged_limit> limits;
    std::optional<policy::prepaid_reading> prepaid;
    fit prepaid_fit = fit::fits;
};

struct explanation {
    std::vector<judged_rule> rules;
    std::vector<judged_question> questions;
};

explanation explain(const decision_record& from, const policy::tenant_policy& policy);

// ---- under another policy ----

struct under_policy {
    policy::decided what;
    // Limits whose counter nobody read then, and "prepaid_balance" where no balance was: taken as empty.
    std::vector<std::string> unknown;
};

// `then`: the policy of the record; null: not known, then no counter is. `more` answers what `instead` may ask.
under_policy decide_under(const decision_record& from, const policy::tenant_policy* then,
                          const policy::tenant_policy& instead, policy::outlook& more);

}
