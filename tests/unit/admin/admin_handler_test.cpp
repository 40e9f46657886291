#include <support/fake_exchange.hpp>
#include <support/run_task.hpp>

#include <tollgate/admin/admin_handler.hpp>
#include <tollgate/admin/problem.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tollgate::admin {

namespace {

using test::fake_exchange;

struct listener {
    std::vector<app::health_check> checks{{"store", true, "sqlite", true}, {"configuration", true, "", false}};
    net::io_context io{1};
    admin_handler handle{{[this] { return checks; }, [] { return std::string("tollgate_requests_total 1\n"); }}};

    fake_exchange ask(const std::string& method, const std::string& target) {
        fake_exchange x(method, target);
        test::run(io, handle(x));
        return x;
    }
};

}

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
        const auto body = nlohmann::json::parse(x.answer);
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
    for (const char* path : {"/", "/healthz/", "/healthz/x", "/v1/chat/completions", "/admin/v1/keys", "/METRICS"}) {
        const auto x = admin.ask("GET", path);
        EXPECT_EQ(x.status, 404) << path;
        EXPECT_EQ(x.header("content-type"), "application/problem+json");
        const auto body = nlohmann::json::parse(x.answer);
        EXPECT_EQ(body["type"], "urn:tollgate:problem:not_found");
        EXPECT_EQ(body["status"], 404);
    }
    const auto x = admin.ask("POST", "/metrics");
    EXPECT_EQ(x.status, 405);
    EXPECT_EQ(x.header("allow"), "GET, HEAD");
}

TEST(problem, carries_members_and_escapes_them) {
    problem what;
    what.status = 422;
    what.code = "bad";
    what.title = "Bad";
    what.detail = "a \"b\"";
    what.members.emplace_back("field", "x\n");
    const auto body = nlohmann::json::parse(to_json(what));
    EXPECT_EQ(body["detail"], "a \"b\"");
    EXPECT_EQ(body["field"], "x\n");
}

}
