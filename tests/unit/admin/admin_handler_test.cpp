#include "world.hpp"

#include "../../../src/admin/routes.hpp"

#include <tollgate/admin/problem.hpp>

#include <sstream>

namespace tollgate::admin {

TEST(admin_handler, is_alive_whatever_else_is_wrong) {
    listener admin;
    admin.checks[0].ok = false;
    const auto x = admin.ask("GET", "/healthz");
    EXPECT_EQ(x.status, 200);
    EXPECT_EQ(x.answer, "{\"status\":\"ok\"}");
    EXPECT_EQ(x.header("cache-control"), "no-store");
}

TEST(admin_handler, is_ready_when_every_required_check_holds) {
    struct row {
        bool store, configuration;
        int status;
        const char* text;
    };
    const row rows[] = {{true, true, 200, "ready"},
                        {true, false, 200, "ready"},
                        {false, true, 503, "not_ready"},
                        {false, false, 503, "not_ready"}};
    for (const row& r : rows) {
        listener admin;
        admin.checks[0].ok = r.store;
        admin.checks[1].ok = r.configuration;
        const auto x = admin.ask("GET", "/readyz?verbose");
        EXPECT_EQ(x.status, r.status);
        const auto body = njson::parse(x.answer);
        EXPECT_EQ(body["status"], r.text);
        EXPECT_EQ(body["checks"]["store"]["ok"], r.store);
        EXPECT_EQ(body["checks"]["store"]["detail"], "sqlite");
        EXPECT_EQ(body["checks"]["configuration"]["ok"], r.configuration);
    }
}

TEST(admin_handler, keeps_details_from_clients) {
    listener admin;
    fake_exchange x("GET", "/readyz");
    test::run(admin.io, app::send_ready(x, admin.checks, app::health_detail::none));
    EXPECT_EQ(x.status, 200);
    EXPECT_EQ(x.answer.find("sqlite"), std::string::npos);
}

TEST(admin_handler, serves_metrics_as_prometheus_reads_them) {
    listener admin;
    const auto x = admin.ask("GET", "/metrics");
    EXPECT_EQ(x.status, 200);
    EXPECT_EQ(x.answer, "tollgate_requests_total 1\n");
    EXPECT_TRUE(x.header("content-type").starts_with("text/plain; version=0.0.4"));
    EXPECT_EQ(admin.ask("HEAD", "/metrics").status, 200);
}

TEST(admin_handler, answers_problems_for_what_it_does_not_serve) {
    listener admin;
    for (const char* path : {"/", "/healthz/", "/healthz/x", "/v1/chat/completions", "/admin/v1", "/METRICS"}) {
        const auto x = admin.ask("GET", path);
        EXPECT_EQ(x.status, 404) << path;
        EXPECT_EQ(x.header("content-type"), "application/problem+json");
        const auto body = njson::parse(x.answer);
        EXPECT_EQ(body["type"], "urn:tollgate:problem:not_found");
        EXPECT_EQ(body["status"], 404);
    }
    const auto x = admin.ask("POST", "/metrics");
    EXPECT_EQ(x.status, 405);
    EXPECT_EQ(x.header("allow"), "GET, HEAD");
}

TEST(admin_api, tells_strangers_nothing) {
    listener admin;
    for (const char* path : {"/admin/v1/keys", "/admin/v1/nothing", "/admin/v1/tenants/acme"}) {
        const auto bare = admin.ask("GET", path);
        EXPECT_EQ(bare.status, 401) << path;
        EXPECT_EQ(bare.header("www-authenticate"), "Bearer realm=\"tollgate admin\"");
        fake_exchange wrong("GET", path);
        wrong.with("authorization", "Bearer token-of-alice-the-readeR");
        test::run(admin.io, (*admin.handle)(wrong));
        EXPECT_EQ(wrong.status, 401) << path;
        EXPECT_EQ(type_of(wrong), "urn:tollgate:problem:invalid_admin_token");
        EXPECT_EQ(wrong.answer.find("readeR"), std::string::npos);
    }
}

TEST(admin_api, is_off_without_a_token_and_says_how_to_set_one) {
    listener admin;
    admin.tokens.clear();
    admin.start();
    const auto x = admin.ask("GET", "/admin/v1/keys");
    EXPECT_EQ(x.status, 403);
    EXPECT_NE(x.answer.find("admin.token"), std::string::npos);
    EXPECT_EQ(admin.ask("GET", "/healthz").status, 200);
    EXPECT_EQ(admin.ask("GET", "/metrics").status, 200);
}

TEST(admin_api, roles_open_what_they_name_and_nothing_else) {
    listener admin;
    struct row {
        const char *who, *method, *path, *body;
        int status;
        const char* lacks;
    };
    const row rows[] = {
        {"alice", "GET", "/admin/v1/tenants", "", 200, ""},
        {"bob", "GET", "/admin/v1/tenants", "", 200, ""},
        {"carol", "GET", "/admin/v1/tenants", "", 200, ""},
        {"alice", "PATCH", "/admin/v1/tenants/acme", R"({"status":"suspended"})", 403, "operate"},
        {"carol", "PATCH", "/admin/v1/tenants/acme", R"({"status":"suspended"})", 403, "operate"},
        {"bob", "PATCH", "/admin/v1/tenants/acme", R"({"status":"suspended"})", 200, ""},
        {"alice", "POST", "/admin/v1/balances/acme/top-up", R"({"usd":"1"})", 403, "money"},
        {"bob", "POST", "/admin/v1/balances/acme/top-up", R"({"usd":"1"})", 403, "money"},
        {"carol", "POST", "/admin/v1/balances/acme/top-up", R"({"usd":"1"})", 201, ""},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(std::string(r.who) + " " + r.path);
        const auto x = admin.as(r.who, r.method, r.path, r.body, "k1");
        EXPECT_EQ(x.status, r.status) << x.answer;
        if (r.status == 403) EXPECT_EQ(admin.json_of(x)["role"], r.lacks);
    }
}

TEST(admin_api, unknown_paths_and_methods_are_problems) {
    listener admin;
    EXPECT_EQ(admin.as("bob", "GET", "/admin/v1/nothing").status, 404);
    EXPECT_EQ(admin.as("bob", "GET", "/admin/v1/keys/a/b").status, 404);
    const auto x = admin.as("bob", "PUT", "/admin/v1/keys");
    EXPECT_EQ(x.status, 405);
    EXPECT_EQ(x.header("allow"), "GET, HEAD, POST");
    EXPECT_EQ(admin.as("bob", "HEAD", "/admin/v1/keys").status, 200);
    EXPECT_EQ(admin.as("bob", "GET", "/admin/v1/keys?tenannt=acme").status, 400);
    EXPECT_EQ(admin.as("bob", "GET", "/admin/v1/keys?limit=1001").status, 400);
    EXPECT_EQ(admin.as("bob", "GET", "/admin/v1/keys?limit=1000").status, 200);
    EXPECT_EQ(admin.as("bob", "GET", "/admin/v1/keys?limit=0").status, 400);
}

TEST(admin_api, a_store_that_is_away_is_503) {
    listener admin;
    admin.keys->down = true;
    const auto x = admin.as("bob", "GET", "/admin/v1/keys");
    EXPECT_EQ(x.status, 503);
    EXPECT_EQ(x.header("retry-after"), "1");
    EXPECT_EQ(admin.as("bob", "POST", "/admin/v1/keys", R"({"tenant":"acme"})", "k1").status, 503);
}

// Every route is described, and nothing else is.
TEST(admin_api, is_what_its_description_says) {
    listener admin;
    const std::string text = admin.as("alice", "GET", "/admin/v1/openapi.yaml").answer;
    std::vector<std::string> described;
    std::istringstream in(text);
    std::string path;
    for (std::string line; std::getline(in, line) && line != "components:";) {
        if (line.starts_with("  /") && line.ends_with(":")) path = line.substr(2, line.size() - 3);
        for (const char* method : {"get", "post", "patch", "put", "delete"})
            if (line == "    " + std::string(method) + ":") {
                std::string upper(method);
                for (char& c : upper) c = static_cast<char>(c - 32);
                described.push_back(upper + " " + path);
            }
    }
    std::vector<std::string> served;
    for (const route& each : routes()) served.push_back(std::string(each.method) + " " + std::string(each.path));
    std::ranges::sort(described);
    std::ranges::sort(served);
    EXPECT_EQ(described, served);
}

TEST(problem, carries_members_and_escapes_them) {
    problem what;
    what.status = 422;
    what.code = "bad";
    what.title = "Bad";
    what.detail = "a \"b\"";
    what.members.emplace_back("field", "x\n");
    const auto body = njson::parse(to_json(what));
    EXPECT_EQ(body["detail"], "a \"b\"");
    EXPECT_EQ(body["field"], "x\n");
}

}
