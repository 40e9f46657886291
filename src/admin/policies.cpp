// /admin/v1/policies
#include "routes.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::admin {

namespace {

constexpr std::size_t versions_shown = 200;

json policy_line(const call& c, const policy::tenant_policy& policy) {
    json out{{"tenant", policy.tenant}, {"version", policy.version}, {"hash", policy.hash}};
    out["source"] = source_of(c, policy.tenant);
    out["mode"] = policy.mode == policy::mode::shadow ? "shadow" : "enforce";
    return out;
}

json content_json(const std::string& content) {
    json value = json::parse(content, nullptr, false);
    return value.is_discarded() ? json() : value;
}

json version_json(const store::policy_version& row) {
    return {{"version", row.version}, {"hash", row.hash}, {"first_seen", to_rfc3339(row.seen, true)}};
}

problem refused_policy(const std::vector<policy_problem>& all) {
    problem out = bad_request("The policy was not published.");
    out.status = 422;
    out.code = "invalid_policy";
    out.title = "The policy has problems";
    json list = json::array();
    for (const policy_problem& each : all)
        list.push_back({{"line", each.line}, {"column", each.column}, {"message", each.message}});
    out.json_members.emplace_back("problems", dump(list));
    return out;
}

std::expected<read_policy, problem> parsed(const call& c, const std::string& text) {
    auto read = c.use->parse_policy(text);
    if (!read) return std::unexpected(refused_policy(read.error()));
    if (read->policy->tenant != c.taken[0])
        return std::unexpected(
            bad_request("The policy is of tenant " + read->policy->tenant + ", not " + c.taken[0] + "."));
    return std::move(*read);
}

json told(const std::optional<store::published_policy>& row) {
    if (!row || row->version.empty()) return {{"source", "file"}};
    return {{"source", "published"}, {"version", row->version}};
}

// Puts it in force and tells the audit; in the change's transaction.
answered put_in_force(const call& c, store::admin_store& store, const store::published_policy& row, const char* what) {
    const auto before = store.published(row.tenant);
    if (!before) return std::unexpected(store_problem(before.error()));
    if (auto done = store.publish(row); !done) return std::unexpected(store_problem(done.error()));
    json after = told(row);
    const auto known = row.version.empty() ? store_result<std::optional<store::policy_version>>(std::nullopt)
                                           : store.version_of(row.tenant, row.version);
    if (!known) return std::unexpected(store_problem(known.error()));
    if (*known) after["hash"] = (*known)->hash;
    const store::audit_row audit{c.actor, what, row.tenant, dump(told(*before)), dump(after)};
    if (auto done = store.audit(audit); !done) return std::unexpected(store_problem(done.error()));
    json out{{"tenant", row.tenant}};
    out.update(after);
    return ok(out);
}

answered publish_version(const call& c, hands& h, const read_policy& read, const char* what) {
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    const policy::tenant_policy& policy = *read.policy;
    const auto known = (*store)->version_of(policy.tenant, policy.version);
    if (!known) return std::unexpected(store_problem(known.error()));
    if (*known && (*known)->hash != policy.hash)
        return std::unexpected(conflict("policy_version_reused", "This policy_version names another content",
                                        "The version " + policy.version + " of tenant " + policy.tenant +
                                            " was seen before with other content, and a version names one content for "
                                            "ever. Give the changed policy a new policy_version."));
    if (!*known) {
        const store::policy_version row{policy.tenant, policy.version, policy.hash, read.canonical, {}};
        if (auto done = (*store)->add_version(row); !done) return std::unexpected(store_problem(done.error()));
    }
    const store::published_policy row{policy.tenant, policy.version, read.canonical, {}, c.actor, 0};
    return put_in_force(c, **store, row, what);
}

}

answered list_policies(const call& c, hands&) {
    static constexpr std::string_view known[] = {"limit", "after"};
    const auto asked = read_query(c, known);
    if (!asked) return std::unexpected(asked.error());
    const auto wanted = read_page(*asked);
    if (!wanted) return std::unexpected(wanted.error());
    const auto found = tenants_after(c, *wanted);
    json data = json::array();
    for (const policy::tenant_policy* each : found) data.push_back(policy_line(c, *each));
    const bool more = found.size() == wanted->limit;
    return ok(page_json(std::move(data), more ? std::optional(found.back()->tenant) : std::nullopt));
}

answered show_policy(const call& c, hands& h) {
    const auto policy = tenant_of(c, c.taken[0]);
    if (!policy) return std::unexpected(policy.error());
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    const auto stored = (*store)->version_of(c.taken[0], (*policy)->version);
    if (!stored) return std::unexpected(store_problem(stored.error()));
    const auto history = (*store)->versions(c.taken[0], versions_shown);
    if (!history) return std::unexpected(store_problem(history.error()));
    json out = policy_line(c, **policy);
    out["content"] = *stored ? content_json((*stored)->content) : json();
    out["versions"] = json::array();
    for (const store::policy_version& each : *history) out["versions"].push_back(version_json(each));
    return ok(out);
}

answered show_policy_version(const call& c, hands& h) {
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    const auto stored = (*store)->version_of(c.taken[0], c.taken[1]);
    if (!stored) return std::unexpected(store_problem(stored.error()));
    if (!*stored) return std::unexpected(no_such("version " + c.taken[1] + " of tenant " + c.taken[0]));
    json out{{"tenant", c.taken[0]}};
    out.update(version_json(**stored));
    out["content"] = content_json((*stored)->content);
    return ok(out);
}

answered publish_policy(const call& c, hands& h) {
    if (c.body.empty()) return std::unexpected(bad_request("The body must be the policy, as YAML or JSON."));
    const auto read = parsed(c, c.body);
    if (!read) return std::unexpected(read.error());
    return publish_version(c, h, *read, "policy.publish");
}

answered roll_back_policy(const call& c, hands& h) {
    body_reader body(c, {"version"});
    const std::string version = body.needed_text("version");
    if (body.objection()) return std::unexpected(*body.objection());
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    const auto stored = (*store)->version_of(c.taken[0], version);
    if (!stored) return std::unexpected(store_problem(stored.error()));
    if (!*stored || (*stored)->content.empty())
        return std::unexpected(no_such("version " + version + " of tenant " + c.taken[0]));
    // It was right once; models and prices may have changed since.
    const auto read = parsed(c, (*stored)->content);
    if (!read) return std::unexpected(read.error());
    return publish_version(c, h, *read, "policy.rollback");
}

answered withdraw_policy(const call& c, hands& h) {
    const body_reader body(c, {});
    if (body.objection()) return std::unexpected(*body.objection());
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    const auto now = (*store)->published(c.taken[0]);
    if (!now) return std::unexpected(store_problem(now.error()));
    if (!*now || (*now)->version.empty()) return std::unexpected(no_such("published policy of tenant " + c.taken[0]));
    return put_in_force(c, **store, {c.taken[0], "", "", {}, c.actor, 0}, "policy.withdraw");
}

}
