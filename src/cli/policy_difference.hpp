#pragma once

// Two policies compared field by field. Pure.

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::cli {

// Each field's path ("limits.agent-rpm.requests") and its values as written: one, or those of a list.
using policy_texts = std::map<std::string, std::vector<std::string>>;
policy_texts policy_texts_of(const std::string& canonical);

struct policy_change {
    std::string field;
    std::optional<std::vector<std::string>> before, after; // nothing: not set
    std::string meaning;                                   // for an administrator; empty: it speaks for itself
};

// By field; limits that came or went stand last, each as one change.
std::vector<policy_change> policy_difference(const policy_texts& before, const policy_texts& after);

// "monthly_budget_usd: 500 -> 400 (lower: requests may be refused sooner)"
std::string in_words(const policy_change& change);

}
