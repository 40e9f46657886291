// A decision for a person: who asked for what, what each rule and limit said, what was done, what it cost.
#include "decision.hpp"

#include <tollgate/cli/table.hpp>
#include <tollgate/openai/error_body.hpp>

namespace tollgate::cli {

namespace {

using ledger::usage_row;
using facts_list = std::vector<std::pair<std::string, std::string>>;

std::string member_text(const json& record, const char* name) {
    if (!record.is_object()) return {};
    const auto found = record.find(name);
    if (found == record.end() || found->is_null()) return {};
    return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string yes(bool value) { return value ? "yes" : "no"; }

std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& each : names) out += (out.empty() ? "" : ", ") + each;
    return out;
}

// ---- the request ----

std::string model_text(const usage_row& row) {
    if (row.model_served.empty()) return row.model_requested;
    const bool same = row.model_served == row.model_requested;
    const std::string served = row.ended ? ", served by " : ", to be served by ";
    return row.model_requested + (same ? "" : served + row.model_served) +
           (row.provider.empty() ? "" : ", from " + row.provider);
}

std::string policy_text(const json& record) {
    const std::string version = member_text(record, "policy_version"), hash = member_text(record, "policy_hash");
    return hash.empty() ? version : version + " (" + hash.substr(0, 12) + ")";
}

void print_request(std::ostream& out, const usage_row& row, const json& record) {
    out << facts_text({{"request", row.id.text()},
                       {"arrived", to_rfc3339(row.at, true)},
                       {"tenant", row.tenant},
                       {"key", row.key},
                       {"workspace", row.workspace},
                       {"feature", row.feature},
                       {"agent", row.agent},
                       {"end user", row.end_user},
                       {"session", member_text(record, "session")},
                       {"environment", member_text(record, "environment")},
                       {"class", member_text(record, "request_class")},
                       {"route", member_text(record, "route")},
                       {"streamed", record.is_object() && record.contains("stream") ? "yes" : ""},
                       {"model", model_text(row)},
                       {"policy", policy_text(record)},
                       {"prices", member_text(record, "price_version")},
                       {"trace", member_text(record, "trace_id")}});
}

void print_facts(std::ostream& out, const app::decision_record& from) {
    const policy::facts& f = from.facts;
    const app::recorded_bound& b = from.bound;
    facts_list facts{{"key expires", or_empty(f.key_expires)},
                     {"key revoked", or_empty(f.key_revoked)},
                     {"models of the key", joined(f.key_models)},
                     {"tenant's status", f.tenant_status}};
    if (f.model_known) {
        facts.emplace_back("tier", f.who.tier + " (" + std::to_string(f.tier_rank) + ", 0 is the dearest)");
        facts.emplace_back("provider", f.who.provider);
        facts.emplace_back("has a price", yes(f.model_priced));
        facts.emplace_back("serves this endpoint", yes(f.right_endpoint));
        facts.emplace_back("tokens at most", std::to_string(f.tokens) + " (" + std::to_string(b.input_tokens) +
                                                 " in, " + std::to_string(b.output_tokens) + " out)");
        facts.emplace_back("costs at most", to_usd(f.estimate) + " USD, " + to_usd(f.input_estimate) + " of it input");
    } else {
        facts.emplace_back("model in the catalogue", "no");
    }
    if (f.hosted_tools > 0) facts.emplace_back("hosted tools", std::to_string(f.hosted_tools));
    if (f.background) facts.emplace_back("in the background", "yes");
    out << "\nFacts\n" << facts_text(facts);
}

// ---- what was said ----

std::string said(const app::judged_rule& rule) {
    if (!rule.reached) return "not reached";
    if (!rule.objection) return "passed";
    std::string text(openai::code_text(rule.objection->code));
    if (!rule.objection->message.empty()) text += ": " + rule.objection->message;
    return rule.only_noted ? "would refuse with " + text : text;
}

void print_rules(std::ostream& out, const std::vector<app::judged_rule>& rules) {
    table rows({{"rule"}, {"said"}});
    for (const app::judged_rule& each : rules) rows.add({std::string(each.name), said(each)});
    out << "\nRules, in their order\n" << rows.text();
}

// Past a limit that is not hard (any more) a request goes on: shadow mode, notify, or an action that let it pass.
std::string fit_text(fit how, bool hard) {
    if (how != fit::fits && !hard) return "over, let pass";
    switch (how) {
    case fit::fits: return "fits";
    case fit::held: return "not beside what is held";
    case fit::spent: return "does not fit";
    }
    return {};
}

void print_question(std::ostream& out, const app::judged_question& question) {
    out << "\nLimits, for " << question.model << " at up to " << to_usd(question.estimate) << " USD\n";
    table rows({{"limit"},
                {"counter"},
                {"window"},
                {"maximum", true},
                {"spent", true},
                {"held", true},
                {"this", true},
                {"said"},
                {"past it"}});
    for (const app::judged_limit& l : question.limits)
        rows.add({l.name, l.scope, l.what == measure::concurrency ? "now" : std::string(tollgate::name_of(l.span)),
                  amount_text(l.what, l.maximum), amount_text(l.what, l.used), amount_text(l.what, l.held),
                  amount_text(l.what, l.wanted), fit_text(l.how, l.hard), l.actions});
    if (const auto& at = question.prepaid)
        rows.add({"prepaid_balance", "tenant", "", amount_text(measure::cost, at->credit),
                  amount_text(measure::cost, at->used), amount_text(measure::cost, at->held),
                  amount_text(measure::cost, question.estimate.count()), fit_text(question.prepaid_fit, true), ""});
    if (rows.empty())
        out << "none applied\n";
    else
        out << rows.text();
}

void print_actions(std::ostream& out, const json& decided) {
    if (!decided.is_object() || !decided.contains("steps")) return;
    table rows({{"limit"}, {"action"}, {"said"}, {"model"}});
    for (const json& each : decided["steps"])
        rows.add({member_text(each, "limit"), member_text(each, "action"), member_text(each, "said"),
                  member_text(each, "model")});
    out << "\nActions that ran\n" << rows.text();
}

// ---- the outcome ----

std::string outcome_text(const json& decided) {
    std::string text = member_text(decided, "outcome");
    const std::string code = member_text(decided, "code"), by = member_text(decided, "by");
    if (!code.empty()) text += ", " + code;
    if (!by.empty()) text += ", by " + by;
    return text;
}

std::string charge_text(const usage_row& row) {
    std::string text = to_usd(row.charged) + " USD, " + row.settlement_status + ", by ";
    text += name_of(row.source);
    if (row.refunded > usd_nano()) text += ", " + to_usd(row.refunded) + " USD refunded";
    if (row.overage) text += ", more than was held";
    if (row.late) text += ", late";
    return text;
}

std::string milliseconds(const json& record, const char* name) {
    const std::string us = member_text(record, name);
    if (us.empty() || us.size() > 15 || us.find_first_not_of("0123456789") != std::string::npos) return {};
    const std::string ms = std::to_string(std::stoll(us) / 1000), rest = std::to_string(std::stoll(us) % 1000);
    return ms + "." + std::string(3 - rest.size(), '0') + rest + " ms";
}

void print_outcome(std::ostream& out, const usage_row& row, const json& record) {
    const json decided = record.is_object() ? record.value("decided", json()) : json();
    const json shadow = decided.is_object() ? decided.value("shadow", json()) : json();
    std::string answered = "status " + std::to_string(row.status);
    if (!row.code.empty()) answered += ", " + row.code;
    if (!member_text(record, "client_gone").empty()) answered += ", the client had gone";
    const std::string remaining = member_text(record, "remaining_usd");
    const usage& used = row.used;
    out << "\nOutcome\n"
        << facts_text(
               {{"decision", decided.is_object() ? outcome_text(decided) : row.decision},
                {"in force it would be", shadow.is_object() ? outcome_text(shadow) : ""},
                {"answered", answered},
                {"fallback", member_text(record, "fallback_reason")},
                {"attempts", member_text(record, "attempts")},
                {"tokens", std::to_string(used.prompt_tokens) + " prompt (" + std::to_string(used.cached_tokens) +
                               " cached), " + std::to_string(used.completion_tokens) + " completion"},
                {"held", row.ended ? to_usd(row.estimated) + " USD" : "nothing"},
                {"charged", charge_text(row)},
                {"provider cost", to_usd(row.provider_cost) + " USD"},
                {"left", remaining.empty() ? "" : remaining + " USD"},
                {"held after", milliseconds(record, "hold_us")},
                {"first byte after", milliseconds(record, "first_byte_us")},
                {"ended after", milliseconds(record, "total_us")}});
}

}

void print_explained(std::ostream& out, const decision& from) {
    const json record = json::parse(from.row.record, nullptr, false); // discarded, which is no object, when damaged
    print_request(out, from.row, record);
    if (from.record) print_facts(out, *from.record);
    if (from.record && from.policy.policy) {
        const app::explanation told = app::explain(*from.record, *from.policy.policy);
        print_rules(out, told.rules);
        for (const app::judged_question& each : told.questions) print_question(out, each);
    }
    if (record.is_object()) print_actions(out, record.value("decided", json()));
    print_outcome(out, from.row, record);
    if (!from.record) out << "\nNote: " << without_decision(from.row) << ".\n";
    if (!from.policy.why.empty()) out << "\nNote: rules and limits cannot be told: " << from.policy.why << ".\n";
}

}
