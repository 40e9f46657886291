// /admin/v1/audit
#include "routes.hpp"

namespace tollgate::admin {

namespace {

// What was written as JSON is shown as JSON.
json told(const std::string& text) {
    if (text.empty()) return nullptr;
    json value = json::parse(text, nullptr, false);
    return value.is_discarded() ? json(text) : value;
}

std::expected<std::optional<instant>, problem> time_of(const app::parameters& asked, std::string_view name) {
    const auto text = asked.find(name);
    if (!text) return std::nullopt;
    const auto when = parse_rfc3339(*text);
    if (!when)
        return std::unexpected(bad_request("The parameter " + std::string(name) +
                                           " is neither a date (2026-07-01) nor a time (2026-07-01T00:00:00Z)."));
    return when;
}

}

answered list_audit(const call& c, hands& h) {
    static constexpr std::string_view known[] = {"from", "to", "subject", "limit", "after"};
    const auto asked = read_query(c, known);
    if (!asked) return std::unexpected(asked.error());
    const auto wanted = read_page(*asked);
    if (!wanted) return std::unexpected(wanted.error());
    const auto from = time_of(*asked, "from"), to = time_of(*asked, "to");
    if (!from) return std::unexpected(from.error());
    if (!to) return std::unexpected(to.error());
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    store::audit_query query{*from, *to, std::string(asked->find("subject").value_or("")), wanted->after,
                             wanted->limit};
    const auto rows = (*store)->audits(query);
    if (!rows) return std::unexpected(store_problem(rows.error()));
    json data = json::array();
    for (const store::audit_entry& each : *rows) {
        json one{{"at", to_rfc3339(each.at, true)}, {"actor", each.row.actor}, {"what", each.row.what}};
        one["subject"] = each.row.subject;
        one["before"] = told(each.row.before);
        one["after"] = told(each.row.after);
        data.push_back(std::move(one));
    }
    const bool more = rows->size() == wanted->limit;
    return ok(page_json(std::move(data), more ? std::optional(rows->back().place) : std::nullopt));
}

}
