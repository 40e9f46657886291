// A recorded decision read, explained as JSON, compared with its replay.
#include "decision.hpp"

#include <tollgate/openai/error_body.hpp>

#include <algorithm>
#include <sstream>

namespace tollgate::cli {

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    const json value = json::parse(text, nullptr, false);
    std::istringstream in(value.is_discarded() ? text : value.dump(2, ' ', false, json::error_handler_t::replace));
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

// Length of the longest common subsequence of what follows (i, j).
std::vector<std::vector<std::size_t>> common_lengths(const std::vector<std::string>& a,
                                                     const std::vector<std::string>& b) {
    std::vector<std::vector<std::size_t>> length(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = a.size(); i-- > 0;)
        for (std::size_t j = b.size(); j-- > 0;)
            length[i][j] = a[i] == b[j] ? length[i + 1][j + 1] + 1 : std::max(length[i + 1][j], length[i][j + 1]);
    return length;
}

json to_json(const app::judged_rule& rule) {
    json out{{"rule", rule.name}};
    if (!rule.reached)
        out["said"] = "not_reached";
    else if (!rule.objection)
        out["said"] = "passed";
    else
        out["said"] = rule.only_noted ? "would_refuse" : "refused";
    if (rule.objection) {
        out["code"] = openai::code_text(rule.objection->code);
        if (!rule.objection->message.empty()) out["message"] = rule.objection->message;
    }
    return out;
}

std::string_view name_of(fit how) {
    switch (how) {
    case fit::fits: return "fits";
    case fit::held: return "held";
    case fit::spent: return "spent";
    }
    return "";
}

json amount(measure what, std::int64_t value) {
    return what == measure::cost ? json(to_usd(usd_nano(value))) : json(value);
}

json to_json(const app::judged_limit& limit) {
    json out{{"limit", limit.name}, {"scope", limit.scope}, {"window", tollgate::name_of(limit.span)}};
    out["measure"] = policy::name_of(limit.what);
    out["maximum"] = amount(limit.what, limit.maximum);
    out["spent"] = amount(limit.what, limit.used);
    out["held"] = amount(limit.what, limit.held);
    out["wanted"] = amount(limit.what, limit.wanted);
    out["fit"] = name_of(limit.how);
    out["hard"] = limit.hard;
    out["action"] = limit.actions;
    return out;
}

json to_json(const app::judged_question& question) {
    json out{{"model", question.model}, {"estimated_usd", to_usd(question.estimate)}};
    out["limits"] = json::array();
    for (const app::judged_limit& each : question.limits) out["limits"].push_back(to_json(each));
    if (const auto& at = question.prepaid)
        out["prepaid"] = {{"credit_usd", to_usd(usd_nano(at->credit))},
                          {"spent_usd", to_usd(usd_nano(at->used))},
                          {"held_usd", to_usd(usd_nano(at->held))},
                          {"fit", name_of(question.prepaid_fit)}};
    return out;
}

}

json to_json(const app::explanation& from) {
    json out;
    out["rules"] = json::array();
    for (const app::judged_rule& each : from.rules) out["rules"].push_back(to_json(each));
    out["ledger"] = json::array();
    for (const app::judged_question& each : from.questions) out["ledger"].push_back(to_json(each));
    return out;
}

std::string amount_text(measure what, std::int64_t amount) {
    return what == measure::cost ? to_usd(usd_nano(amount)) + " USD" : std::to_string(amount);
}

std::string json_difference(const std::string& first, const std::string& second) {
    const auto a = lines_of(first), b = lines_of(second);
    const auto length = common_lengths(a, b);
    std::string out;
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) {
            out += "  " + a[i++] + '\n';
            ++j;
        } else if (j == b.size() || (i < a.size() && length[i + 1][j] >= length[i][j + 1])) {
            out += "- " + a[i++] + '\n';
        } else {
            out += "+ " + b[j++] + '\n';
        }
    }
    return out;
}

std::string without_decision(const ledger::usage_row& row) {
    if (row.decision == "refuse")
        return "no decision was made about it: it was refused" + (row.code.empty() ? "" : " with " + row.code) +
               " before any rule was judged, or the ledger gave no answer";
    return "its decision was not recorded: the process ended before the request did";
}

outcome_of<decision> read_decision(archive& from, const std::string& id_text) {
    const auto id = request_id::parse(id_text);
    if (!id) return misuse("not a request id");
    auto row = taken(from.accounts->request(*id));
    if (!row) return std::unexpected(row.error());
    if (!*row)
        return refuse("there is no record of " + id_text +
                      ".\nA request is recorded when it ends; look again if it may still be running.");
    decision out;
    out.row = std::move(**row);
    out.record = app::read_decision(out.row.record);
    if (!out.record) return out;
    policy_shelf shelf(*from.keys);
    auto policy = shelf.of(*out.record);
    if (!policy) return std::unexpected(policy.error());
    out.policy = std::move(*policy);
    return out;
}

comparison compare(const decision& from) {
    if (!from.record) return {agreement::no_decision, {}};
    if (!from.policy.why.empty()) return {agreement::no_policy, {}};
    comparison out;
    out.again = app::decided_again(*from.record, from.policy.policy.get());
    out.how = out.again == from.record->decided ? agreement::agrees : agreement::differs;
    return out;
}

}
