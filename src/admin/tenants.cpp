// /admin/v1/tenants
#include "routes.hpp"

#include <tollgate/app/budget_view.hpp>
#include <tollgate/core/assert.hpp>

#include <algorithm>

namespace tollgate::admin {

namespace {

std::string_view name_of(policy::status status) {
    switch (status) {
    case policy::status::active: return "active";
    case policy::status::suspended: return "suspended";
    case policy::status::closed: return "closed";
    }
    TG_ASSERT(false);
}

json status_json(const std::string& set) { return set.empty() ? json() : json(set); }

json tenant_json(const call& c, const policy::tenant_policy& policy, const std::string& status_set) {
    json out{{"id", policy.tenant}, {"name", policy.name.empty() ? json() : json(policy.name)}};
    out["status"] = status_set.empty() ? std::string(name_of(policy.status)) : status_set;
    out["status_set"] = status_json(status_set); // at run time; null: the policy's own holds
    out["policy_status"] = name_of(policy.status);
    out["mode"] = policy.mode == policy::mode::shadow ? "shadow" : "enforce";
    out["timezone"] = policy.zone->name();
    out["policy"] = {{"version", policy.version}, {"hash", policy.hash}, {"source", source_of(c, policy.tenant)}};
    return out;
}

std::expected<json, problem> budget_of(const call& c, hands& h, const policy::tenant_policy& policy) {
    auto accounts = h.accounts();
    if (!accounts) return std::unexpected(accounts.error());
    policy::facts about;
    about.who.tenant = policy.tenant;
    about.at = c.now;
    const auto figures = app::read_budget(**accounts, policy, about);
    if (!figures) return std::unexpected(store_problem(figures.error()));
    return json::parse(app::budget_json(*figures, policy, about));
}

}

std::string source_of(const call& c, const tenant_id& tenant) {
    return c.config->published && c.config->published->contains(tenant) ? "published" : "file";
}

std::vector<const policy::tenant_policy*> tenants_after(const call& c, const page& wanted) {
    std::vector<const policy::tenant_policy*> found;
    for (const auto& [id, policy] : c.config->policies->tenants)
        if (id > wanted.after) found.push_back(policy.get());
    const std::size_t count = std::min(wanted.limit, found.size());
    const auto by_id = [](const policy::tenant_policy* p) -> const std::string& { return p->tenant; };
    std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(count), {}, by_id);
    found.resize(count);
    return found;
}

answered list_tenants(const call& c, hands&) {
    static constexpr std::string_view known[] = {"limit", "after"};
    const auto asked = read_query(c, known);
    if (!asked) return std::unexpected(asked.error());
    const auto wanted = read_page(*asked);
    if (!wanted) return std::unexpected(wanted.error());
    json data = json::array();
    const auto found = tenants_after(c, *wanted);
    for (const policy::tenant_policy* each : found)
        data.push_back(tenant_json(c, *each, c.use->tenant_status(each->tenant)));
    const bool more = found.size() == wanted->limit;
    return ok(page_json(std::move(data), more ? std::optional(found.back()->tenant) : std::nullopt));
}

answered show_tenant(const call& c, hands& h) {
    const auto policy = tenant_of(c, c.taken[0]);
    if (!policy) return std::unexpected(policy.error());
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    const auto set = (*store)->tenant_status(c.taken[0]);
    if (!set) return std::unexpected(store_problem(set.error()));
    const auto budget = budget_of(c, h, **policy);
    if (!budget) return std::unexpected(budget.error());
    json out = tenant_json(c, **policy, *set);
    out["budget_state"] = (*budget)["state"];
    for (const char* name : {"as_of", "spent", "held", "remaining", "resets_at", "forecast", "limits"})
        out[name] = (*budget)[name];
    out["balance"] = (*budget)["prepaid"];
    return ok(out);
}

answered change_tenant(const call& c, hands& h) {
    body_reader body(c, {"status"});
    const std::string status = body.text("status");
    if (!body.has("status")) body.object_to("The member \"status\" is missing.");
    const bool known = body.is_null("status") || status == "active" || status == "suspended" || status == "closed";
    if (!known) body.object_to("The member \"status\" is none of \"active\", \"suspended\", \"closed\" and null.");
    if (body.objection()) return std::unexpected(*body.objection());
    const auto policy = tenant_of(c, c.taken[0]);
    if (!policy) return std::unexpected(policy.error());
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    const auto before = (*store)->tenant_status(c.taken[0]);
    if (!before) return std::unexpected(store_problem(before.error()));
    if (auto done = (*store)->set_tenant_status(c.taken[0], status); !done)
        return std::unexpected(store_problem(done.error()));
    const store::audit_row told{c.actor, "tenant.status", c.taken[0], dump({{"status", status_json(*before)}}),
                                dump({{"status", status_json(status)}})};
    if (auto done = (*store)->audit(told); !done) return std::unexpected(store_problem(done.error()));
    return ok(tenant_json(c, **policy, status));
}

}
