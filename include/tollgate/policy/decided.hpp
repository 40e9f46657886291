#pragma once

// What was decided about a request, and how to decide it again: the same facts, answers of the ledger and policy give
// the same value. What is recorded of a request is made of this.

#include <tollgate/policy/course.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tollgate::policy {

enum class verdict : std::uint8_t {
    allow,
    downgrade, // a cheaper model serves
    confirm,   // the caller is asked
    throttle,  // refused for its pace: later it may pass
    refuse,
    unfinished, // the ledger gave no answer
};
std::string_view name_of(verdict what);

struct decided {
    verdict what = verdict::allow;
    std::optional<errc> code; // of a refusal or question
    std::string by;           // the rule or limit that refuses, asks or made a cheaper model serve
    std::string model, tier;  // that serves, or would have
    usd_nano estimate;        // held for it
    std::vector<step_taken> steps;
    // Shadow mode: what would have been.
    std::optional<verdict> would;
    std::optional<errc> would_code;
    std::string would_by;
    friend bool operator==(const decided&, const decided&) = default;
};

// By the rules alone: they object, or would have in shadow mode.
decided decided_by(const ruling& rules, const facts& about);
// By the actions of the limits, after take() said `last`.
decided decided_by(const ruling& rules, const course& way, next last);

// All of it again. `answers`: the ledger's, in order.
decided decide_again(const facts& about, const tenant_policy* policy, std::span<const ledger_reading> answers,
                     outlook& more);

}
