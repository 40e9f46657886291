#include <tollgate/app/usage_format.hpp>

#include "csv.hpp"
#include "record_members.hpp"

#include <tollgate/core/json_writer.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

// What a tenant's own view of a record leaves out: the operator's costs, and what replays are made of.
constexpr std::string_view operators_only[] = {"provider_cost_usd", "facts", "ledger", "candidates"};

bool may_see(audience whose, std::string_view member) {
    return whose == audience::operators || std::ranges::find(operators_only, member) == std::end(operators_only);
}

void write_record(json_writer& w, const ledger::usage_row& row, audience whose) {
    std::string kept;
    json_writer members(kept);
    members.begin_object();
    const bool whole = each_member(row.record, [&](std::string_view name, std::string_view value) {
        if (may_see(whose, name)) members.key(name).raw(value);
    });
    members.end_object();
    w.key("record");
    if (whole)
        w.raw(kept);
    else
        w.null();
}

void write_identity(json_writer& w, const ledger::usage_row& row) {
    w.member("request_id", row.id.text()).member("tenant", row.tenant).member("key_id", row.key);
    w.optional_member("key_label", text_member(row.record, "key_label"));
    w.optional_member("workspace", row.workspace).optional_member("feature", row.feature);
    w.optional_member("agent", row.agent).optional_member("end_user", row.end_user);
    w.member("model_requested", row.model_requested).optional_member("model_served", row.model_served);
    w.optional_member("provider", row.provider);
}

void write_outcome(json_writer& w, const ledger::usage_row& row, audience whose) {
    w.member("decision", row.decision).optional_member("code", row.code).member("status", row.status);
    w.member("input_tokens", row.used.prompt_tokens).member("cached_tokens", row.used.cached_tokens);
    w.member("output_tokens", row.used.completion_tokens).member("reasoning_tokens", row.used.reasoning_tokens);
    w.member("estimated_usd", to_usd(row.estimated)).member("gross_amount_usd", to_usd(row.charged));
    w.member("net_amount_usd", to_usd(row.charged - row.refunded));
    if (whose == audience::operators) w.member("provider_cost_usd", to_usd(row.provider_cost));
    w.member("cost_source", name_of(row.source)).member("settlement_status", row.settlement_status);
    if (row.overage) w.member("overage", true);
    if (row.late) w.member("late", true);
    w.member("created_at", to_rfc3339(row.at, true));
}

}

std::string_view csv_header() {
    return "request_id,customer_id,customer_api_key_label,route_policy,model_requested,model_served,input_tokens,"
           "output_tokens,gross_amount_usd,net_amount_usd,settlement_status,created_at\r\n";
}

void append_csv_row(std::string& out, const ledger::usage_row& row) {
    const std::string label = text_member(row.record, "key_label");
    csv_line line(out);
    line.plain(row.id.text()).text(row.tenant).text(label.empty() ? row.key : label);
    line.text(text_member(row.record, "policy_version")).text(row.model_requested).text(row.model_served);
    line.number(row.used.prompt_tokens).number(row.used.completion_tokens);
    line.plain(to_usd(row.charged)).plain(to_usd(row.charged - row.refunded));
    line.text(row.settlement_status).plain(to_rfc3339(row.at, true)).end();
}

void append_json_row(std::string& out, const ledger::usage_row& row, audience whose) {
    json_writer w(out);
    w.begin_object();
    write_identity(w, row);
    write_outcome(w, row, whose);
    write_record(w, row, whose);
    w.end_object();
}

void append_jsonl_row(std::string& out, const ledger::usage_row& row, audience whose) {
    append_json_row(out, row, whose);
    out += '\n';
}

}
