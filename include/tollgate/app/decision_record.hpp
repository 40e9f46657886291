#pragma once

// A decision as it stands in the record of its request, and how it is read back to be explained, replayed or simulated.
// What is written stays readable for ever: members may be added, never renamed.

#include <tollgate/core/json_writer.hpp>
#include <tollgate/policy/decided.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::app {

// What the bound of a request was made of, for judging it under other prices.
struct recorded_bound {
    std::int64_t input_tokens = 0, output_tokens = 0, tool_calls = 0, cap = 0, choices = 1;
    std::int64_t audio_input_tokens = 0, image_input_tokens = 0;
};

// What a course asked its outlook; empty as long as it did not.
struct recorded_outlook {
    std::optional<std::vector<policy::candidate>> candidates;
    std::optional<policy::confirmation> confirmed;
};

// The decision as it was recorded, for whoever counts; each empty where it does not apply.
struct recorded_outcome {
    std::string outcome, code, model, would; // would: in shadow mode
};

struct decision_record {
    policy::facts facts;
    recorded_bound bound;
    std::vector<policy::ledger_reading> answers;
    recorded_outlook outlook;
    std::string decided; // the bytes that decided_json() wrote; empty: none was recorded
    recorded_outcome outcome;
    std::int64_t hold_us = 0, total_us = 0; // after the request came; hold_us 0: it held nothing
    std::string policy_version, policy_hash, price_version;
};

// ---- writing: members of the record's object ----
void write_facts(json_writer& out, const policy::facts& facts, const recorded_bound& bound);
void write_answers(json_writer& out, std::span<const policy::ledger_reading> answers, const recorded_outlook& outlook);
void write_decided(json_writer& out, const policy::decided& what); // a value
std::string decided_json(const policy::decided& what);             // its bytes

// ---- reading ----
// The name of the member that holds decided_json(); it stands last in a record.
inline constexpr std::string_view decided_member = "decided";
// Nothing when the record holds no facts or cannot be read.
std::optional<decision_record> read_record(std::string_view record);
// Nothing when the record holds no decision (refused before any rule could be judged) or cannot be read.
std::optional<decision_record> read_decision(std::string_view record);
// Whose request it was, also of a record without a decision; `tier` is of the model that served. False when it cannot
// be read.
bool read_who(std::string_view record, attribution& who);

// An outlook that answers as the record did; what was not asked then has no answer now.
class recorded_answers final : public policy::outlook {
public:
    explicit recorded_answers(const recorded_outlook& from) : from_(from) {}
    std::vector<policy::candidate> downgrades() override {
        return from_.candidates.value_or(std::vector<policy::candidate>{});
    }
    policy::confirmation confirmed(const policy::facts&) override {
        return from_.confirmed.value_or(policy::confirmation::none);
    }

private:
    const recorded_outlook& from_;
};

}
