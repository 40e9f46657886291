// GET /v1/account/usage
#include "viewer.hpp"
#include <tollgate/app/query.hpp>
#include <tollgate/app/usage_sums.hpp>

#include <tollgate/app/account.hpp>
#include <tollgate/app/respond.hpp>
#include <tollgate/core/json_writer.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr std::string_view known[] = {"from", "to", "group_by"};

// What may be grouped by, and what the store calls it.
struct group_row {
    std::string_view name, column;
};
constexpr group_row groups[] = {
    {"day", "day"},
    {"model", "model_served"},
    {"model_requested", "model_requested"},
    {"feature", "feature"},
    {"key", "key"},
    {"agent", "agent"},
    {"end_user", "end_user"},
    {"workspace", "workspace"},
    {"provider", "provider"},
};

struct usage_request {
    store::usage_query range;
    std::vector<std::string> names, columns;
};

std::optional<refusal> read_groups(std::string_view list, usage_request& into) {
    while (!list.empty()) {
        const std::string_view name = list.substr(0, list.find(','));
        list.remove_prefix(std::min(name.size() + 1, list.size()));
        const auto* row = std::ranges::find(groups, name, &group_row::name);
        if (row == std::end(groups)) {
            std::string names;
            for (const group_row& each : groups) names.append(names.empty() ? "" : ", ").append(each.name);
            return bad_parameter("group_by", "takes a comma-separated list of: " + names);
        }
        if (std::ranges::count(into.names, name) > 0) return bad_parameter("group_by", "names something twice");
        into.names.emplace_back(row->name);
        into.columns.emplace_back(row->column);
    }
    return std::nullopt;
}

std::expected<usage_request, refusal> read_request(std::string_view query, const viewer& who) {
    const auto asked = parameters::read(query, known);
    if (!asked) return std::unexpected(asked.error());
    auto range = read_range(*asked, who.facts.who.tenant, who.facts.at, *who.policy->zone);
    if (!range) return std::unexpected(range.error());
    usage_request out;
    out.range = std::move(*range);
    if (auto wrong = read_groups(asked->find("group_by").value_or(""), out)) return std::unexpected(*wrong);
    return out;
}

void write_sums(json_writer& w, const store::usage_group& of) {
    w.member("requests", of.requests).member("refused", of.refused);
    w.member("input_tokens", of.prompt_tokens).member("cached_tokens", of.cached_tokens);
    w.member("output_tokens", of.completion_tokens);
    w.member("charged_usd", to_usd(of.charged)).member("estimated_usd", to_usd(of.estimated));
}

std::string usage_json(const usage_request& asked, const std::vector<store::usage_group>& found) {
    std::string text;
    json_writer w(text);
    w.begin_object().member("object", "account.usage").member("from", to_rfc3339(asked.range.from));
    w.member("to", to_rfc3339(asked.range.to)).key("group_by").begin_array();
    for (const std::string& name : asked.names) w.text(name);
    w.end_array().key("data").begin_array();
    store::usage_group total;
    for (const store::usage_group& each : found) {
        w.begin_object();
        for (std::size_t i = 0; i < asked.names.size(); ++i) w.member(asked.names[i], each.by[i]);
        write_sums(w, each);
        w.end_object();
        add(total, each);
    }
    w.end_array().key("total").begin_object();
    write_sums(w, total);
    // Then the total is that of the rows shown: ask for a shorter time or fewer groups.
    w.end_object().member("truncated", std::ssize(found) >= limits::store_groups_max).end_object();
    return text;
}

}

task<> account_usage(services& use, ports::exchange& x) {
    viewer who = co_await identify_viewer(use, x);
    usage_request asked;
    if (!who.objection) {
        auto read = read_request(x.query(), who);
        if (read)
            asked = std::move(*read);
        else
            who.objection = std::move(read.error());
    }
    if (who.objection) {
        co_await send_refusal(x, *who.objection, who.id);
        co_return;
    }
    auto read = [asked](store::account_store& store) { return store.usage_groups(asked.range, asked.columns); };
    const auto found = co_await use.accounts.run(use.on, std::move(read));
    if (!found) {
        const refusal why = view_failure(found.error());
        co_await send_refusal(x, why, who.id);
        co_return;
    }
    const std::string body = usage_json(asked, *found);
    co_await send_view(x, who, body);
}

}
