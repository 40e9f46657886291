// /admin/v1/usage and /admin/v1/decisions
#include "routes.hpp"

#include <tollgate/app/usage_format.hpp>
#include <tollgate/app/usage_sums.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::admin {

namespace {

// What may be grouped by, and what the store calls it.
struct group_row {
    std::string_view name, column;
};
constexpr group_row groups[] = {
    {"tenant", "tenant"},       {"day", "day"},
    {"model", "model_served"},  {"model_requested", "model_requested"},
    {"feature", "feature"},     {"key", "key"},
    {"agent", "agent"},         {"end_user", "end_user"},
    {"workspace", "workspace"}, {"provider", "provider"},
};

struct grouping {
    std::vector<std::string> names, columns;
};

std::expected<grouping, problem> read_grouping(std::string_view list) {
    grouping out;
    while (!list.empty()) {
        const std::string_view name = list.substr(0, list.find(','));
        list.remove_prefix(std::min(name.size() + 1, list.size()));
        const auto* row = std::ranges::find(groups, name, &group_row::name);
        if (row == std::end(groups) || std::ranges::count(out.names, name) > 0) {
            std::string names;
            for (const group_row& each : groups) names.append(names.empty() ? "" : ", ").append(each.name);
            return std::unexpected(
                bad_request("The parameter group_by takes a comma-separated list, each once, of: " + names + "."));
        }
        out.names.emplace_back(row->name);
        out.columns.emplace_back(row->column);
    }
    return out;
}

// In UTC, the current month by default.
std::expected<store::usage_query, problem> range_of(const call& c, const app::parameters& asked) {
    const std::string tenant(asked.find("tenant").value_or(""));
    auto range = app::read_range(asked, tenant, c.now, *time_zone::utc());
    if (!range) return std::unexpected(bad_request(range.error().message));
    return std::move(*range);
}

json sums_json(const store::usage_group& of) {
    json out{{"requests", of.requests}, {"refused", of.refused}, {"input_tokens", of.prompt_tokens}};
    out["cached_tokens"] = of.cached_tokens;
    out["output_tokens"] = of.completion_tokens;
    out["charged_usd"] = to_usd(of.charged);
    out["provider_cost_usd"] = to_usd(of.provider_cost);
    out["estimated_usd"] = to_usd(of.estimated);
    return out;
}

json decision_json(const ledger::usage_row& row) {
    std::string text;
    app::append_json_row(text, row, app::audience::operators);
    return json::parse(text);
}

}

answered show_usage(const call& c, hands& h) {
    static constexpr std::string_view known[] = {"tenant", "from", "to", "group_by"};
    const auto asked = read_query(c, known);
    if (!asked) return std::unexpected(asked.error());
    const auto range = range_of(c, *asked);
    if (!range) return std::unexpected(range.error());
    const auto by = read_grouping(asked->find("group_by").value_or(""));
    if (!by) return std::unexpected(by.error());
    auto accounts = h.accounts();
    if (!accounts) return std::unexpected(accounts.error());
    const auto found = (*accounts)->usage_groups(*range, by->columns);
    if (!found) return std::unexpected(store_problem(found.error()));
    json data = json::array();
    store::usage_group total;
    for (const store::usage_group& each : *found) {
        json one = json::object();
        for (std::size_t i = 0; i < by->names.size(); ++i) one[by->names[i]] = each.by[i];
        one.update(sums_json(each));
        data.push_back(std::move(one));
        app::add(total, each);
    }
    json out{{"tenant", range->tenant.empty() ? json() : json(range->tenant)}, {"from", to_rfc3339(range->from)}};
    out["to"] = to_rfc3339(range->to);
    out["group_by"] = by->names;
    out["data"] = std::move(data);
    out["total"] = sums_json(total);
    // Then the total is that of the rows shown: ask for a shorter time or fewer groups.
    out["truncated"] = std::ssize(*found) >= limits::store_groups_max;
    return ok(out);
}

answered list_decisions(const call& c, hands& h) {
    static constexpr std::string_view known[] = {"tenant", "from", "to", "code", "limit", "after"};
    const auto asked = read_query(c, known);
    if (!asked) return std::unexpected(asked.error());
    const auto wanted = read_page(*asked);
    if (!wanted) return std::unexpected(wanted.error());
    const auto range = range_of(c, *asked);
    if (!range) return std::unexpected(range.error());
    store::decision_query query{
        range->tenant, range->from, range->to, std::string(asked->find("code").value_or("")), {}, wanted->limit};
    if (!wanted->after.empty()) {
        query.before = request_id::parse(wanted->after);
        if (!query.before) return std::unexpected(bad_request("The parameter after is no request id."));
    }
    auto accounts = h.accounts();
    if (!accounts) return std::unexpected(accounts.error());
    const auto rows = (*accounts)->decisions(query);
    if (!rows) return std::unexpected(store_problem(rows.error()));
    json data = json::array();
    for (const ledger::usage_row& row : *rows) data.push_back(decision_json(row));
    const bool more = rows->size() == wanted->limit;
    return ok(page_json(std::move(data), more ? std::optional(rows->back().id.text()) : std::nullopt));
}

answered show_decision(const call& c, hands& h) {
    const auto id = request_id::parse(c.taken[0]);
    if (!id) return std::unexpected(no_such("request " + c.taken[0]));
    auto accounts = h.accounts();
    if (!accounts) return std::unexpected(accounts.error());
    const auto row = (*accounts)->request(*id);
    if (!row) return std::unexpected(store_problem(row.error()));
    if (!*row) return std::unexpected(no_such("record of " + c.taken[0] + "; a request is recorded when it ends"));
    return ok(decision_json(**row));
}

}
