// tollgate usage ...
#include "definitions.hpp"
#include "policies.hpp"

#include <tollgate/app/usage_format.hpp>
#include <tollgate/cli/progress.hpp>
#include <tollgate/core/limits.hpp>

#include <memory>
#include <optional>

namespace tollgate::cli {

namespace {

constexpr std::int64_t a_day_us = 86'400'000'000; // a clock may be behind that of the rows

struct export_options {
    std::string tenant, from, to, format = "csv";
};

// One export: what is asked of the store, and how a row becomes lines.
struct export_plan {
    store::usage_query query;
    std::string_view header;
    std::function<void(std::string& out, const ledger::usage_row& row)> append;
};

// FOCUS wants unit prices and billing periods, so it needs the configuration that the gateway has.
outcome_of<export_plan> with_focus(export_plan plan, const context& at) {
    auto read = load_all(at);
    if (!read) return std::unexpected(read.error());
    const auto all = std::make_shared<const config::loaded>(std::move(*read));
    plan.header = app::focus_header();
    plan.append = [all](std::string& out, const ledger::usage_row& row) {
        app::focus_context about;
        if (const auto* policy = all->policies->find(row.tenant)) {
            about.tenant_name = policy->name;
            about.prepaid = policy->prepaid_opening.has_value();
            about.zone = policy->zone.get();
        }
        const model* served = all->catalog->find(row.model_served);
        const model_route* route = served != nullptr ? served->route_to(row.provider) : nullptr;
        if (route != nullptr) about.price = route->price_at(row.at);
        app::append_focus_rows(out, row, about);
    };
    return plan;
}

outcome_of<export_plan> plan_of(const export_options& given, const context& at) {
    export_plan plan;
    const auto from = parse_rfc3339(given.from);
    const auto to = given.to.empty() ? std::optional(at.world.now()) : parse_rfc3339(given.to);
    if (!from || !to) return misuse("--from and --to are times");
    if (*from >= *to) return refuse("--from must be before --to, which is not part of the export");
    plan.query = {.tenant = given.tenant, .from = *from, .to = *to};
    if (given.format == "focus") return with_focus(std::move(plan), at);
    if (given.format == "jsonl") {
        plan.append = [](std::string& out, const ledger::usage_row& row) {
            app::append_jsonl_row(out, row, app::audience::operators);
        };
        return plan;
    }
    plan.header = app::csv_header();
    plan.append = app::append_csv_row;
    return plan;
}

// For the progress bar alone; 0 where there is none.
std::size_t rows_expected(store::account_store& accounts, const export_plan& plan, const context& at) {
    if (!at.world.err_is_terminal) return 0;
    const auto all = accounts.usage_groups(plan.query, {});
    return !all || all->empty() ? 0 : static_cast<std::size_t>(all->front().requests);
}

// Page by page, each a short transaction: an export must not slow the gateway down.
status write_rows(store::account_store& accounts, const export_plan& plan, const context& at) {
    progress bar(at.world.err, at.world.err_is_terminal, "exporting");
    const std::size_t expected = rows_expected(accounts, plan, at);
    std::ostream& out = at.world.out;
    out << plan.header;
    request_id last;
    for (std::size_t written = 0;;) {
        const auto page = taken(accounts.usage_page(plan.query, last, limits::store_page_rows_max));
        if (!page) return std::unexpected(page.error());
        if (page->empty()) return {};
        std::string text;
        for (const ledger::usage_row& row : *page) plan.append(text, row);
        if (!(out << text << std::flush)) return refuse("cannot write to stdout: the export is not complete");
        last = page->back().id;
        written += page->size();
        bar.at(written, std::max(expected, written));
        if (page->size() < limits::store_page_rows_max) return {};
    }
}

// A misspelt tenant exports nothing as well as any other. Whose policy was deleted still has what was recorded.
status check_tenant(const tenant_id& tenant, store::database& database, store::account_store& accounts,
                    const context& at) {
    const store::usage_query ever{.tenant = tenant, .from = {}, .to = {at.world.now().us + a_day_us}};
    const auto row = taken(accounts.usage_page(ever, request_id(), 1));
    if (!row) return std::unexpected(row.error());
    if (!row->empty()) return {};
    const auto all = load_all(at);
    if (!all) return {}; // who is meant cannot be told
    const auto known = has_policy(tenant, *all, database);
    if (!known) return std::unexpected(known.error());
    if (*known) return {};
    return refuse("tenant " + tenant + " has no policy, and nothing is recorded of it");
}

status export_usage(const export_options& given, const context& at) {
    const auto plan = plan_of(given, at);
    if (!plan) return std::unexpected(plan.error());
    auto database = open_ready(at);
    if (!database) return std::unexpected(database.error());
    auto accounts = taken((*database)->open_accounts());
    if (!accounts) return std::unexpected(accounts.error());
    if (auto known = check_tenant(given.tenant, **database, **accounts, at); !known) return known;
    return write_rows(**accounts, *plan, at);
}

}

action define_usage_export(option_list& options) {
    auto given = std::make_shared<export_options>();
    options.add("--tenant", given->tenant, "Whose requests").required();
    options.add("--from", given->from, "First day or moment").required().time();
    options.add("--to", given->to, "Day or moment after the last (now)").time();
    options.add("--format", given->format, "csv, jsonl or focus (csv)").one_of({"csv", "jsonl", "focus"});
    return [given](const context& at) { return export_usage(*given, at); };
}

}
