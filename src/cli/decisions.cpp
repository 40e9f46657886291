// tollgate decisions ...
#include "definitions.hpp"
#include "json.hpp"
#include "open.hpp"

#include <tollgate/app/usage_format.hpp>
#include <tollgate/cli/table.hpp>

#include <memory>

namespace tollgate::cli {

namespace {

using ledger::usage_row;

// The record as written when the request ended; null when it is not JSON.
json record_of(const usage_row& row) { return json::parse(row.record, nullptr, false); }

// The same object as in exports.
json as_exported(const usage_row& row) {
    std::string text;
    app::append_json_row(text, row, app::audience::operators);
    return json::parse(text);
}

std::string member_text(const json& record, const char* name) {
    const auto found = record.is_object() ? record.find(name) : record.end();
    if (!record.is_object() || found == record.end()) return {};
    return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string decision_text(const usage_row& row) {
    std::string text = row.decision;
    if (!row.code.empty()) text += ", " + row.code;
    return text + ", answered with status " + std::to_string(row.status);
}

std::string model_text(const usage_row& row) {
    if (row.model_served.empty()) return row.model_requested;
    const bool same = row.model_served == row.model_requested;
    return row.model_requested + (same ? "" : ", served by " + row.model_served) +
           (row.provider.empty() ? "" : ", from " + row.provider);
}

std::string tokens_text(const usage& used) {
    return std::to_string(used.prompt_tokens) + " prompt (" + std::to_string(used.cached_tokens) + " cached), " +
           std::to_string(used.completion_tokens) + " completion";
}

std::string charge_text(const usage_row& row) {
    std::string text = to_usd(row.charged) + " USD, " + row.settlement_status + ", by ";
    text += name_of(row.source);
    if (row.refunded > usd_nano()) text += ", " + to_usd(row.refunded) + " USD refunded";
    if (row.overage) text += ", more than was held";
    if (row.late) text += ", late";
    return text;
}

std::string policy_text(const json& record) {
    const std::string version = member_text(record, "policy_version"), hash = member_text(record, "policy_hash");
    return hash.empty() ? version : version + " (" + hash.substr(0, 12) + ")";
}

std::string usd_member(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_number_integer() ? to_usd(usd_nano(found->get<std::int64_t>())) : "";
}

// What each limit stood at when the request was judged.
std::string limits_text(const json& record) {
    if (!record.is_object() || !record.contains("facts")) return {};
    const json& facts = record["facts"];
    if (!facts.is_object() || !facts.contains("limits") || !facts["limits"].is_array()) return {};
    table rows({{"limit on"}, {"window"}, {"maximum", true}, {"spent, USD", true}, {"held, USD", true}});
    for (const json& each : facts["limits"]) {
        if (!each.is_object()) continue;
        const bool money = !each.contains("requests");
        rows.add({member_text(each, "scope"), member_text(each, "window"),
                  money ? usd_member(each, "maximum") + " USD" : member_text(each, "maximum"),
                  usd_member(each, "spent"), usd_member(each, "held")});
    }
    return rows.empty() ? std::string() : "\n" + rows.text();
}

void print_for_people(std::ostream& out, const usage_row& row) {
    const json record = record_of(row);
    const std::string remaining = member_text(record, "remaining_usd");
    out << facts_text({{"request", row.id.text()},
                       {"arrived", to_rfc3339(row.at, true)},
                       {"decision", decision_text(row)},
                       {"tenant", row.tenant},
                       {"key", row.key},
                       {"workspace", row.workspace},
                       {"feature", row.feature},
                       {"agent", row.agent},
                       {"end user", row.end_user},
                       {"model", model_text(row)},
                       {"tokens", tokens_text(row.used)},
                       {"held", to_usd(row.estimated) + " USD"},
                       {"charged", charge_text(row)},
                       {"provider cost", to_usd(row.provider_cost) + " USD"},
                       {"left", remaining.empty() ? "" : remaining + " USD"},
                       {"policy", policy_text(record)},
                       {"over limit", member_text(record, "over_limit_action")},
                       {"prices", member_text(record, "price_version")},
                       {"trace", member_text(record, "trace_id")}});
    out << limits_text(record);
}

status show(const std::string& text, const context& at) {
    const auto id = request_id::parse(text);
    if (!id) return misuse("not a request id");
    auto database = open_ready(at);
    if (!database) return std::unexpected(database.error());
    auto accounts = taken((*database)->open_accounts());
    if (!accounts) return std::unexpected(accounts.error());
    const auto row = taken((*accounts)->request(*id));
    if (!row) return std::unexpected(row.error());
    if (!*row)
        return refuse("there is no record of " + text +
                      ".\nA request is recorded when it ends; look again if it may still be running.");
    if (at.json)
        print(at.world.out, as_exported(**row));
    else
        print_for_people(at.world.out, **row);
    return {};
}

}

action define_decisions_show(CLI::App& options) {
    auto id = std::make_shared<std::string>();
    options.add_option("request,--request", *id, "Its id, as in x-request-id")->required()->check(request_id_text());
    return [id](const context& at) { return show(*id, at); };
}

}
