#include "world.hpp"

#include <tollgate/core/limits.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tollgate::app {

namespace {

using nlohmann::json;

ledger::usage_row row_of(std::uint64_t number, std::string tenant = "acme") {
    ledger::usage_row row;
    row.id = request_id(7, number);
    row.tenant = std::move(tenant);
    row.key = "key_1";
    row.model_requested = row.model_served = "m";
    row.decision = "allow";
    row.settlement_status = "charged";
    row.status = 200;
    row.at = june_15;
    row.record = R"({"key_label":"bot","policy_version":"v1","provider_cost_usd":"0.5","facts":{"a":[1]}})";
    return row;
}

std::size_t lines_of(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

}

TEST(account_usage, sums_the_current_month_unless_it_is_told_otherwise) {
    world w;
    store::usage_group all;
    all.requests = 3;
    all.refused = 1;
    all.prompt_tokens = 100;
    all.completion_tokens = 20;
    all.charged = usd_nano(1'500'000);
    w.store.groups = {all};
    const auto x = w.ask(account_usage, "/v1/account/usage");
    ASSERT_EQ(x.status, 200) << x.answer;
    const json body = json::parse(x.answer);
    EXPECT_EQ(body["from"], "2026-06-01T00:00:00Z");
    EXPECT_EQ(body["to"], "2026-07-01T00:00:00Z");
    EXPECT_EQ(body["data"][0]["requests"], 3);
    EXPECT_EQ(body["data"][0]["charged_usd"], "0.0015");
    EXPECT_EQ(body["total"]["refused"], 1);
    EXPECT_EQ(body["truncated"], false);
    EXPECT_TRUE(w.store.grouped_by.empty());
}

TEST(account_usage, groups_by_what_is_asked_in_the_order_asked) {
    world w;
    store::usage_group a, b;
    a.by = {"2026-06-01", "gpt"};
    b.by = {"2026-06-02", "gpt"};
    a.requests = 1;
    b.requests = 2;
    a.charged = usd_nano(10);
    b.charged = usd_nano(20);
    w.store.groups = {a, b};
    const auto x =
        w.ask(account_usage, "/v1/account/usage?from=2026-06-01&to=2026-06-03T00%3A00%3A00%2B02:00&group_by=day,model");
    ASSERT_EQ(x.status, 200) << x.answer;
    const json body = json::parse(x.answer);
    EXPECT_EQ(w.store.grouped_by, (std::vector<std::string>{"day", "model_served"}));
    EXPECT_EQ(w.store.asked->to, parse_rfc3339("2026-06-02T22:00:00Z"));
    EXPECT_EQ(body["data"][1]["day"], "2026-06-02");
    EXPECT_EQ(body["data"][1]["model"], "gpt");
    EXPECT_EQ(body["total"]["requests"], 3);
    EXPECT_EQ(body["total"]["charged_usd"], "0.00000003");
}

TEST(account_usage, says_what_is_wrong_with_a_question) {
    world w;
    struct row {
        const char* query;
        const char* param;
    };
    const row rows[] = {
        {"?from=yesterday", "from"},
        {"?to=2026-13-01", "to"},
        {"?from=2026-06-02&to=2026-06-02", "to"},
        {"?from=2026-06-02&to=2026-06-01", "to"},
        {"?from=2020-01-01&to=2026-01-01", "to"},
        {"?group_by=tenant", "group_by"},
        {"?group_by=day,day", "group_by"},
        {"?group_by=day,", nullptr},
        {"?group_by=provider_cost", "group_by"},
        {"?group=day", "group"},
        {"?from=2026-06-01&from=2026-06-02", "from"},
    };
    for (const row& r : rows) {
        const auto x = w.ask(account_usage, std::string("/v1/account/usage") + r.query);
        EXPECT_EQ(x.status, r.param ? 400 : 200) << r.query;
        if (r.param) EXPECT_EQ(json::parse(x.answer)["error"]["param"], r.param) << r.query;
    }
}

TEST(account_usage_export, writes_every_row_once_over_many_pages) {
    world w;
    const std::size_t count = limits::store_page_rows_max * 2 + 1;
    for (std::size_t i = 1; i <= count; ++i) w.store.rows.push_back(row_of(i));
    const auto csv = w.ask(account_usage_export, "/v1/account/usage/export");
    EXPECT_EQ(csv.status, 200);
    EXPECT_TRUE(csv.ended);
    EXPECT_EQ(csv.writes, 3);
    EXPECT_EQ(lines_of(csv.answer), count + 1);
    EXPECT_EQ(csv.header("content-type"), "text/csv; charset=utf-8");
    EXPECT_EQ(csv.header("content-disposition"), "attachment; filename=\"usage-2026-06-01-2026-07-01.csv\"");
    const auto jsonl =
        w.ask(account_usage_export, "/v1/account/usage/export?format=jsonl&from=2026-01-01&to=2026-02-01");
    EXPECT_EQ(lines_of(jsonl.answer), count);
    const json first = json::parse(jsonl.answer.substr(0, jsonl.answer.find('\n')));
    EXPECT_EQ(first["request_id"], request_id(7, 1).text());
    EXPECT_EQ(first["record"]["key_label"], "bot");
    EXPECT_EQ(w.store.asked->from, parse_rfc3339("2026-01-01"));
}

TEST(account_usage_export, of_nothing_is_a_header_or_nothing) {
    world w;
    EXPECT_EQ(lines_of(w.ask(account_usage_export, "/v1/account/usage/export").answer), 1u);
    const auto x = w.ask(account_usage_export, "/v1/account/usage/export?format=jsonl");
    EXPECT_EQ(x.answer, "");
    EXPECT_TRUE(x.ended);
    EXPECT_EQ(w.ask(account_usage_export, "/v1/account/usage/export?format=focus").status, 400);
}

TEST(account_usage_export, that_cannot_go_on_is_cut_and_never_ends_cleanly) {
    for (const bool client : {true, false}) {
        world w;
        for (std::size_t i = 1; i <= limits::store_page_rows_max + 1; ++i) w.store.rows.push_back(row_of(i));
        if (client)
            w.gone_after = 1;
        else
            w.store.pages_until_down = 1;
        const auto x = w.ask(account_usage_export, "/v1/account/usage/export");
        EXPECT_TRUE(x.aborted);
        EXPECT_FALSE(x.ended);
    }
    world w;
    w.store.down = true;
    EXPECT_EQ(w.ask(account_usage_export, "/v1/account/usage/export").status, 503);
}

TEST(account_request, shows_one_request_of_the_own_tenant) {
    world w;
    w.store.rows = {row_of(1), row_of(2, "other")};
    const auto x = w.ask(account_request, "/v1/account/requests/" + request_id(7, 1).text());
    ASSERT_EQ(x.status, 200) << x.answer;
    const json body = json::parse(x.answer);
    EXPECT_EQ(body["request_id"], request_id(7, 1).text());
    EXPECT_EQ(body["settlement_status"], "charged");
    EXPECT_EQ(x.answer.find("provider_cost"), std::string::npos);
    for (const std::string& id :
         {request_id(7, 2).text(), request_id(7, 3).text(), std::string("nonsense"), "x/" + request_id(7, 1).text()}) {
        const auto none = w.ask(account_request, "/v1/account/requests/" + id);
        EXPECT_EQ(none.status, 404) << id;
    }
}

}
