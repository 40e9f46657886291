// tollgate ledger ...
#include "definitions.hpp"
#include "json.hpp"
#include "open.hpp"

#include <tollgate/cli/progress.hpp>
#include <tollgate/cli/table.hpp>
#include <tollgate/core/limits.hpp>

#include <memory>

namespace tollgate::cli {

namespace {

// ---- verify ----

void print(const context& at, const std::vector<store::discrepancy>& found) {
    if (at.json) {
        json out = json::array();
        for (const store::discrepancy& each : found)
            out.push_back(
                {{"what", each.what}, {"where", each.where}, {"expected", each.expected}, {"found", each.found}});
        return cli::print(at.world.out, out);
    }
    table rows({{"what"}, {"where"}, {"expected", true}, {"found", true}});
    for (const store::discrepancy& each : found) rows.add({each.what, each.where, each.expected, each.found});
    if (found.empty())
        at.world.out << "the books are right\n";
    else
        at.world.out << rows.text();
}

status verify(const tenant_id& tenant, const context& at) {
    auto database = open_ready(at);
    if (!database) return std::unexpected(database.error());
    auto accounts = taken((*database)->open_accounts());
    if (!accounts) return std::unexpected(accounts.error());
    const auto whose = tenant.empty() ? std::nullopt : std::optional(tenant);
    outcome_of<std::vector<store::discrepancy>> found;
    {
        progress bar(at.world.err, at.world.err_is_terminal, "verifying");
        found = taken((*accounts)->verify(whose, [&](std::size_t done, std::size_t total) { bar.at(done, total); }));
    }
    if (!found) return std::unexpected(found.error());
    print(at, *found);
    if (found->empty()) return {};
    return refuse(std::to_string(found->size()) + " discrepancies: what is stored differs from what its history says.\n"
                                                  "Keep a copy of the store before anything else is done with it.");
}

// ---- show ----

struct show_options {
    tenant_id tenant;
    std::size_t count = 50;
};

json to_json(const ledger::entry& each) {
    json out{{"transaction", each.transaction.text()}, {"leg", each.leg}, {"at", to_rfc3339(each.at, true)}};
    out["kind"] = each.kind;
    out["debit"] = name_of(each.debit);
    out["credit"] = name_of(each.credit);
    out["amount_usd"] = to_usd(each.amount);
    out["idempotency_key"] = or_null(each.idempotency_key);
    out["reason"] = or_null(each.reason);
    out["actor"] = or_null(each.actor);
    out["reverses"] = each.reverses ? json(each.reverses->text()) : json();
    return out;
}

status show(const show_options& given, const context& at) {
    auto database = open_ready(at);
    if (!database) return std::unexpected(database.error());
    auto accounts = taken((*database)->open_accounts());
    if (!accounts) return std::unexpected(accounts.error());
    const auto entries = taken((*accounts)->entries(given.tenant, given.count));
    if (!entries) return std::unexpected(entries.error());
    json out = json::array();
    table rows({{"at"}, {"kind"}, {"amount", true}, {"debit"}, {"credit"}, {"transaction"}, {"reason"}});
    for (const ledger::entry& each : *entries) {
        out.push_back(to_json(each));
        rows.add({to_rfc3339(each.at), each.kind, to_usd(each.amount), std::string(name_of(each.debit)),
                  std::string(name_of(each.credit)), each.transaction.text(), each.reason});
    }
    if (at.json)
        cli::print(at.world.out, out);
    else if (rows.empty())
        at.world.out << "no entries of tenant " << given.tenant << '\n';
    else
        at.world.out << rows.text();
    return {};
}

}

action define_ledger_verify(option_list& options) {
    auto tenant = std::make_shared<tenant_id>();
    options.add("--tenant", *tenant, "Only this tenant (else all)");
    return [tenant](const context& at) { return verify(*tenant, at); };
}

action define_ledger_show(option_list& options) {
    auto given = std::make_shared<show_options>();
    options.add("--tenant", given->tenant, "Whose entries").required();
    options.add("--count", given->count, "How many, newest first (50)")
        .between(std::size_t{1}, limits::store_page_rows_max);
    return [given](const context& at) { return show(*given, at); };
}

}
