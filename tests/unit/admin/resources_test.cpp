#include "world.hpp"

namespace tollgate::admin {

namespace {

void spend(listener& admin, const std::string& tenant, const std::string& scope, window span, std::int64_t usd) {
    const std::int64_t start = window_start(span, noon, *time_zone::utc());
    admin.ledger.rows().counters[{tenant, scope, span, start}].spent = usd_nano(usd * usd_nano::per_usd);
}

ledger::usage_row row_of(std::uint64_t n, const std::string& tenant, const std::string& code = {}) {
    ledger::usage_row row;
    row.id = request_id::make(noon.ms() + static_cast<std::int64_t>(n), 1, n);
    row.tenant = tenant;
    row.decision = code.empty() ? "allow" : "refuse";
    row.code = code;
    row.charged = usd_nano(1'000'000);
    row.at = instant{noon.us + static_cast<std::int64_t>(n) * 1000};
    row.record = "{}";
    return row;
}

}

TEST(admin_tenants, are_listed_in_pages_with_their_status) {
    listener admin;
    const auto first = admin.json_of(admin.as("alice", "GET", "/admin/v1/tenants?limit=1"));
    ASSERT_EQ(first["data"].size(), 1u);
    EXPECT_EQ(first["data"][0]["id"], "acme");
    EXPECT_EQ(first["data"][0]["policy"]["source"], "file");
    EXPECT_EQ(first["next"], "acme");
    const auto second = admin.json_of(admin.as("alice", "GET", "/admin/v1/tenants?after=acme"));
    ASSERT_EQ(second["data"].size(), 1u);
    EXPECT_EQ(second["data"][0]["id"], "beta");
    EXPECT_TRUE(second["next"].is_null());
}

TEST(admin_tenants, show_their_limits_and_take_a_status) {
    listener admin;
    spend(admin, "acme", "tenant", window::month, 40);
    const auto shown = admin.json_of(admin.as("alice", "GET", "/admin/v1/tenants/acme"));
    EXPECT_EQ(shown["status"], "active");
    EXPECT_TRUE(shown["status_set"].is_null());
    EXPECT_EQ(shown["spent"], "40.00");
    ASSERT_EQ(shown["limits"].size(), 1u);
    EXPECT_EQ(shown["limits"][0]["remaining"], "60.00");
    EXPECT_EQ(shown["limits"][0]["resets_at"], "2026-07-01T00:00:00Z");
    EXPECT_TRUE(shown["balance"].is_null());

    const std::string path = "/admin/v1/tenants/acme";
    EXPECT_EQ(admin.json_of(admin.as("bob", "PATCH", path, R"({"status":"closed"})", "k1"))["status"], "closed");
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", path))["status_set"], "closed");
    EXPECT_EQ(admin.json_of(admin.as("bob", "PATCH", path, R"({"status":null})", "k2"))["status"], "active");
    for (const char* body : {"{}", R"({"status":"gone"})", R"({"status":1})", R"({"state":"closed"})"})
        EXPECT_EQ(admin.as("bob", "PATCH", path, body, "k3").status, 400) << body;
    EXPECT_EQ(admin.as("bob", "PATCH", "/admin/v1/tenants/none", R"({"status":"closed"})", "k4").status, 404);
    EXPECT_EQ(admin.as("alice", "GET", "/admin/v1/tenants/none").status, 404);
}

TEST(admin_policies, are_published_rolled_back_and_withdrawn) {
    listener admin;
    const std::string root = "/admin/v1/policies/acme";
    const auto first = admin.as("bob", "POST", root + "/publish", "acme v2 h2", "k1");
    ASSERT_EQ(first.status, 200) << first.answer;
    EXPECT_EQ(admin.json_of(first)["source"], "published");
    EXPECT_EQ(admin.keys->published.at("acme").content, "acme v2 h2");
    EXPECT_EQ(admin.keys->audits.back().what, "policy.publish");
    EXPECT_NE(admin.keys->audits.back().after.find("\"hash\":\"h2\""), std::string::npos);

    const auto reused = admin.as("bob", "POST", root + "/publish", "acme v2 h9", "k2");
    EXPECT_EQ(reused.status, 409);
    EXPECT_EQ(type_of(reused), "urn:tollgate:problem:policy_version_reused");
    ASSERT_EQ(admin.as("bob", "POST", root + "/publish", "acme v3 h3", "k3").status, 200);
    ASSERT_EQ(admin.as("bob", "POST", root + "/rollback", R"({"version":"v2"})", "k4").status, 200);
    EXPECT_EQ(admin.keys->published.at("acme").version, "v2");
    EXPECT_EQ(admin.as("bob", "POST", root + "/rollback", R"({"version":"v9"})", "k5").status, 404);
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", root + "/versions/v3"))["hash"], "h3");
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", root))["versions"].size(), 2u);

    EXPECT_EQ(admin.as("bob", "DELETE", root + "/published", "", "k6").status, 200);
    EXPECT_EQ(admin.keys->published.at("acme").version, "");
    EXPECT_EQ(admin.as("bob", "DELETE", root + "/published", "", "k7").status, 404);
}

TEST(admin_policies, with_problems_are_refused_with_their_places) {
    listener admin;
    const auto x = admin.as("bob", "POST", "/admin/v1/policies/acme/publish", "nonsense", "k1");
    EXPECT_EQ(x.status, 422);
    const auto body = admin.json_of(x);
    ASSERT_EQ(body["problems"].size(), 1u);
    EXPECT_EQ(body["problems"][0]["line"], 3);
    EXPECT_EQ(body["problems"][0]["column"], 7);
    EXPECT_EQ(body["problems"][0]["message"], "unknown key `x`");
    EXPECT_EQ(admin.as("bob", "POST", "/admin/v1/policies/acme/publish", "beta v2 h2", "k2").status, 400);
    EXPECT_EQ(admin.as("bob", "POST", "/admin/v1/policies/acme/publish", "", "k3").status, 400);
    EXPECT_TRUE(admin.keys->published.empty());
}

TEST(admin_prices, show_the_book_and_ask_for_no_approval) {
    listener admin;
    const auto shown = admin.json_of(admin.as("alice", "GET", "/admin/v1/prices?in_force=true"));
    EXPECT_EQ(shown["version"], "prices-1");
    ASSERT_EQ(shown["data"].size(), 1u);
    EXPECT_EQ(shown["data"][0]["provider"], "one");
    EXPECT_EQ(shown["data"][0]["usd_per_million_tokens"]["input"], "0.25");
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", "/admin/v1/prices?model=none"))["data"].size(), 0u);
    const auto x = admin.as("bob", "POST", "/admin/v1/prices/approve", R"({"model":"small","provider":"one"})", "k1");
    EXPECT_EQ(x.status, 501);
}

TEST(admin_balances, move_once_by_their_key_and_show_what_is_left) {
    listener admin;
    const std::string root = "/admin/v1/balances/acme";
    const auto first = admin.as("carol", "POST", root + "/top-up", R"({"usd":"12.50","reason":"invoice 7"})", "m1");
    ASSERT_EQ(first.status, 201) << first.answer;
    EXPECT_EQ(admin.json_of(first)["available_usd"], "12.50");
    const auto again = admin.as("carol", "POST", root + "/top-up", R"({"usd":"12.50","reason":"invoice 7"})", "m1");
    EXPECT_EQ(again.answer, first.answer);
    EXPECT_EQ(again.header("idempotency-replayed"), "true");
    EXPECT_EQ(admin.as("carol", "POST", root + "/top-up", R"({"usd":"13"})", "m1").status, 422);
    EXPECT_EQ(admin.as("carol", "POST", root + "/adjust", R"({"usd":"-20"})", "m2").status, 409);
    EXPECT_EQ(admin.as("carol", "POST", root + "/adjust", R"({"usd":"-2.5"})", "m2").status, 201);
    const auto shown = admin.json_of(admin.as("alice", "GET", root));
    EXPECT_EQ(shown["available_usd"], "10.00");
    EXPECT_EQ(shown["grants"].size(), 1u);
    EXPECT_GE(shown["entries"].size(), 2u);
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", "/admin/v1/balances/beta"))["prepaid"], false);
    EXPECT_EQ(admin.as("alice", "GET", "/admin/v1/balances/none").status, 404);
    const auto listed = admin.json_of(admin.as("alice", "GET", "/admin/v1/balances"));
    ASSERT_EQ(listed["data"].size(), 1u) << "beta has none";
    EXPECT_EQ(listed["data"][0]["tenant"], "acme");
    EXPECT_EQ(listed["data"][0]["available_usd"], "10.00");
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", "/admin/v1/balances?limit=1"))["next"], "acme");
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", "/admin/v1/balances?after=acme"))["data"].size(), 0u);
}

TEST(admin_balances, of_the_command_line_share_their_keys) {
    listener admin;
    ASSERT_EQ(admin.as("carol", "POST", "/admin/v1/balances/acme/top-up", R"({"usd":"5"})", "m1").status, 201);
    admin.requests->claims.clear(); // a day later, or posted at the command line
    const auto same = admin.as("carol", "POST", "/admin/v1/balances/acme/top-up", R"({"usd":"5"})", "m1");
    EXPECT_EQ(same.status, 201);
    EXPECT_EQ(admin.json_of(same)["available_usd"], "5.00");
    admin.requests->claims.clear();
    const auto other = admin.as("carol", "POST", "/admin/v1/balances/acme/grant", R"({"usd":"5"})", "m1");
    EXPECT_EQ(other.status, 422) << other.answer;
    EXPECT_EQ(type_of(other), "urn:tollgate:problem:idempotency_key_reused");
}

TEST(admin_balances, that_cannot_be_moved_so_are_refused) {
    listener admin;
    const std::pair<const char*, const char*> rows[] = {
        {"top-up", R"({"usd":"-1"})"},
        {"top-up", R"({"usd":"0"})"},
        {"top-up", R"({"usd":1})"},
        {"top-up", R"({"usd":"1.0000000001"})"},
        {"top-up", R"({})"},
        {"grant", R"({"usd":"1","expires":"2026-06-15T11:59:59Z"})"},
        {"adjust", R"({"usd":"1","expires":"2026-07-15T11:59:59Z"})"},
        {"top-up", R"({"usd":"1","priority":-1})"},
        {"top-up", R"({"usd":"1","request":"req_00000000000000000000000001"})"},
        {"refund", R"({"usd":"1","request":"nothing"})"},
    };
    for (const auto& [kind, body] : rows)
        EXPECT_EQ(admin.as("carol", "POST", "/admin/v1/balances/acme/" + std::string(kind), body, "m1").status, 400)
            << kind << " " << body;
    EXPECT_EQ(admin.as("carol", "POST", "/admin/v1/balances/acme/spend", R"({"usd":"1"})", "m1").status, 404);
    EXPECT_EQ(admin.as("carol", "POST", "/admin/v1/balances/none/grant", R"({"usd":"1"})", "m1").status, 404);
    EXPECT_TRUE(admin.ledger.rows().movements.empty());
}

TEST(admin_decisions, are_listed_newest_first_and_shown) {
    listener admin;
    for (std::uint64_t n = 1; n <= 3; ++n) {
        const auto row = row_of(n, n == 2 ? "beta" : "acme", n == 3 ? "tenant_budget_exceeded" : "");
        admin.ledger.rows().usage.emplace(row.id, row);
    }
    const auto page = admin.json_of(admin.as("alice", "GET", "/admin/v1/decisions?limit=2"));
    ASSERT_EQ(page["data"].size(), 2u);
    EXPECT_EQ(page["data"][0]["request_id"], row_of(3, "").id.text());
    const auto rest =
        admin.json_of(admin.as("alice", "GET", "/admin/v1/decisions?limit=2&after=" + page["next"].get<std::string>()));
    ASSERT_EQ(rest["data"].size(), 1u);
    const auto count = [&](const std::string& query) {
        return admin.json_of(admin.as("alice", "GET", "/admin/v1/decisions?" + query))["data"].size();
    };
    EXPECT_EQ(count("tenant=acme"), 2u);
    EXPECT_EQ(count("code=tenant_budget_exceeded"), 1u);
    EXPECT_EQ(count("from=2026-06-16&to=2026-06-17"), 0u);
    EXPECT_EQ(admin.as("alice", "GET", "/admin/v1/decisions/" + row_of(2, "").id.text()).status, 200);
    EXPECT_EQ(admin.as("alice", "GET", "/admin/v1/decisions/" + row_of(9, "").id.text()).status, 404);
    EXPECT_EQ(admin.as("alice", "GET", "/admin/v1/decisions?after=nothing").status, 400);
}

TEST(admin_usage, is_summed_over_all_tenants_or_one) {
    listener admin;
    for (std::uint64_t n = 1; n <= 3; ++n)
        admin.ledger.rows().usage.emplace(row_of(n, "").id, row_of(n, n == 2 ? "beta" : "acme"));
    const auto all = admin.json_of(admin.as("alice", "GET", "/admin/v1/usage?group_by=tenant"));
    ASSERT_EQ(all["data"].size(), 2u);
    EXPECT_EQ(all["data"][0]["tenant"], "acme");
    EXPECT_EQ(all["total"]["charged_usd"], "0.003");
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", "/admin/v1/usage?tenant=beta"))["total"]["requests"], 1);
    for (const char* query : {"group_by=colour", "group_by=day,day", "from=2026-02-02&to=2026-02-01"})
        EXPECT_EQ(admin.as("alice", "GET", "/admin/v1/usage?" + std::string(query)).status, 400) << query;
}

TEST(admin_alerts, tell_of_budgets_at_a_level_and_of_no_others) {
    listener admin;
    struct row {
        std::int64_t spent;
        const char* level; // empty: no alert
    };
    for (const row& r :
         {row{49, ""}, row{50, "0.5"}, row{79, "0.5"}, row{80, "0.8"}, row{100, "1.0"}, row{150, "1.0"}}) {
        SCOPED_TRACE(r.spent);
        spend(admin, "acme", "tenant", window::month, r.spent);
        const auto data = admin.json_of(admin.as("alice", "GET", "/admin/v1/alerts"))["data"];
        ASSERT_EQ(data.size(), *r.level == '\0' ? 0u : 1u);
        if (data.empty()) continue;
        EXPECT_EQ(data[0]["rule"], "budget.threshold");
        EXPECT_EQ(data[0]["level"], r.level);
        EXPECT_EQ(data[0]["limit"], "hard_stop_usd");
        EXPECT_EQ(data[0]["limit_usd"], "100.00");
        EXPECT_EQ(data[0]["resets_at"], "2026-07-01T00:00:00Z");
    }
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", "/admin/v1/alerts?tenant=beta"))["data"].size(), 0u);
}

TEST(admin_alerts, know_limits_per_agent_by_their_counters) {
    listener admin;
    auto policy = std::make_shared<policy::tenant_policy>(*admin.config->policies->find("acme"));
    policy::limit each;
    each.name = "agent-day";
    each.per = {dimension::agent};
    each.maximum = 10 * usd_nano::per_usd;
    each.span = window::day;
    policy->limits.push_back(each);
    auto set = std::make_shared<policy::policy_set>(*admin.config->policies);
    set->tenants["acme"] = policy;
    admin.config->policies = set;
    spend(admin, "acme", "agent=a%3b1", window::day, 9);
    spend(admin, "acme", "agent=a2", window::day, 4);
    const auto data = admin.json_of(admin.as("alice", "GET", "/admin/v1/alerts?tenant=acme"))["data"];
    ASSERT_EQ(data.size(), 1u);
    EXPECT_EQ(data[0]["limit"], "agent-day");
    EXPECT_EQ(data[0]["scope"]["kind"], "agent");
    EXPECT_EQ(data[0]["scope"]["id"], "a;1");
    EXPECT_EQ(data[0]["level"], "0.9");
}

}
