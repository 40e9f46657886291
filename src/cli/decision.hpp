#pragma once

// One recorded decision, as `decisions` commands show and judge it.

#include "json.hpp"
#include "policies.hpp"

#include <tollgate/app/replay.hpp>
#include <tollgate/ledger/types.hpp>

namespace tollgate::cli {

struct decision {
    ledger::usage_row row;
    std::optional<app::decision_record> record; // nothing: no decision stands in the row
    policy_shelf::entry policy;                 // of the record
};

// Refused when there is no such request.
outcome_of<decision> read_decision(archive& from, const std::string& id_text);

// Why a row holds no decision, for people.
std::string without_decision(const ledger::usage_row& row);

// How a row's decision compares with its replay.
enum class agreement : std::uint8_t { agrees, differs, no_decision, no_policy };
struct comparison {
    agreement how = agreement::agrees;
    std::string again; // decided again; empty without a decision or its policy
};
comparison compare(const decision& from);

std::string amount_text(measure what, std::int64_t amount); // "12.50 USD", "60"
json to_json(const app::explanation& from);
void print_explained(std::ostream& out, const decision& from);

// Two JSON texts line by line, "- " before what only the first has and "+ " before what only the second has.
std::string json_difference(const std::string& first, const std::string& second);

}
