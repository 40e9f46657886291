#include "world.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tollgate::app {

namespace {

constexpr std::int64_t june_1 = 1'780'272'000, july_1 = 1'782'864'000;
using nlohmann::json;

usd_nano usd(std::int64_t dollars) { return usd_nano(dollars * usd_nano::per_usd); }

ledger::counter spent(std::int64_t dollars, std::int64_t held = 0, std::int64_t requests = 100) {
    ledger::counter out;
    out.spent = usd(dollars);
    out.held = usd(held);
    out.requests = requests;
    return out;
}

policy::limit limit(std::string name, std::int64_t maximum) {
    policy::limit out;
    out.name = std::move(name);
    out.maximum = maximum;
    return out;
}

json budget(world& w, const std::string& query = "") {
    const auto x = w.ask(account_budget, "/v1/account/budget" + query);
    EXPECT_EQ(x.status, 200) << x.answer;
    return json::parse(x.answer);
}

json named(const json& body, const std::string& name) {
    for (const json& each : body["limits"])
        if (each["name"] == name) return each;
    return nullptr;
}

}

TEST(account_budget, shows_each_limit_and_what_is_left_of_it) {
    world w;
    w.policy.hard_stop = usd(600);
    w.policy.monthly_budget = usd(500);
    w.store.counters[{"acme", "tenant", window::month, june_1}] = spent(490, 12);
    const json body = budget(w);
    EXPECT_EQ(body["tenant"], "acme");
    EXPECT_EQ(body["policy_version"], "v1");
    const json stop = named(body, "hard_stop_usd");
    EXPECT_EQ(stop["limit_usd"], "600.00");
    EXPECT_EQ(stop["spent"], "490.00");
    EXPECT_EQ(stop["held"], "12.00");
    EXPECT_EQ(stop["remaining"], "98.00");
    EXPECT_EQ(stop["resets_at"], "2026-07-01T00:00:00Z");
    EXPECT_EQ(stop["state"], "ok");
    EXPECT_EQ(stop["window"], "month");
    EXPECT_EQ(stop["scope"]["kind"], "tenant");
    EXPECT_EQ(stop["scope"]["id"], "acme");
    const json month = named(body, "monthly_budget_usd");
    EXPECT_EQ(month["remaining"], "0.00");
    EXPECT_EQ(month["state"], "over_budget");
    EXPECT_EQ(body["state"], "over_budget");
    EXPECT_EQ(body["spent"], "490.00");
    EXPECT_EQ(body["remaining"], "0.00") << "the default action past the budget refuses";
    // 14 of 30 days have gone by.
    EXPECT_EQ(month["forecast"], "1050.00");
    EXPECT_EQ(body["forecast"], "1050.00");
}

TEST(account_budget, without_limits_there_is_nothing_left_to_say) {
    world w;
    const json body = budget(w);
    EXPECT_EQ(body["state"], "ok");
    EXPECT_TRUE(body["limits"].empty());
    EXPECT_TRUE(body["remaining"].is_null());
    EXPECT_TRUE(body["prepaid"].is_null());
    EXPECT_EQ(body["spent"], "0.00");
    EXPECT_EQ(body["forecast"], "insufficient_data");
}

TEST(account_budget, a_soft_limit_reports_and_does_not_count_as_what_is_left) {
    world w;
    w.policy.hard_stop = usd(600);
    w.policy.daily_soft_limit = usd(35);
    w.store.counters[{"acme", "tenant", window::day, june_15.seconds()}] = spent(35);
    const json body = budget(w);
    EXPECT_EQ(named(body, "daily_soft_limit_usd")["state"], "soft_limit");
    EXPECT_EQ(body["state"], "soft_limit");
    EXPECT_EQ(body["remaining"], "600.00");
}

TEST(account_budget, shows_the_limits_that_a_request_with_this_key_could_meet) {
    world w;
    w.keys.holder.feature = "support";
    policy::limit of_support = limit("support", usd(200).count());
    of_support.match = {{dimension::feature, "support"}};
    policy::limit of_other = limit("other", usd(200).count());
    of_other.match = {{dimension::feature, "other"}};
    policy::limit of_workspace = limit("w1", usd(100).count());
    of_workspace.match = {{dimension::workspace, "w1"}};
    policy::limit per_agent = limit("agent-rpm", 60);
    per_agent.per = {dimension::agent};
    per_agent.what = measure::requests;
    per_agent.span = window::minute;
    policy::limit in_flight = limit("inflight", 20);
    in_flight.per = {dimension::key};
    in_flight.what = measure::concurrency;
    w.policy.limits = {of_support, of_other, of_workspace, per_agent, in_flight};
    w.store.counters[{"acme", "feature=support", window::month, june_1}] = spent(150);
    w.store.counters[{"acme", "agent=a1", window::minute, june_15.seconds()}].requests = 60;
    w.store.counters[{"acme", "key=key_1", window::total, 0}].in_flight = 3;

    const json body = budget(w);
    EXPECT_EQ(named(body, "support")["remaining"], "50.00");
    EXPECT_TRUE(named(body, "other").is_null()) << "the key is pinned to another feature";
    EXPECT_EQ(named(body, "w1")["remaining"], "100.00") << "the key leaves the workspace open";
    EXPECT_TRUE(named(body, "agent-rpm").is_null()) << "no agent: whose counter?";
    const json running = named(body, "inflight");
    EXPECT_EQ(running["limit_count"], 20);
    EXPECT_EQ(running["held"], 3);
    EXPECT_EQ(running["remaining"], 17);
    EXPECT_TRUE(running["resets_at"].is_null());
    EXPECT_FALSE(running.contains("forecast"));
    EXPECT_EQ(body["remaining"], "50.00");

    const json of_agent = named(budget(w, "?agent=a1"), "agent-rpm");
    EXPECT_EQ(of_agent["spent"], 60);
    EXPECT_EQ(of_agent["remaining"], 0);
    EXPECT_EQ(of_agent["state"], "over_budget");
    EXPECT_EQ(of_agent["scope"]["id"], "a1");
    EXPECT_TRUE(named(budget(w, "?feature=other"), "other").is_null()) << "a query does not move a pin";
}

TEST(account_budget, shows_prepaid_money_and_the_grants_it_is_made_of) {
    world w;
    w.policy.prepaid_opening = usd(120);
    ledger::balance_row row;
    row.now.credited = usd(120);
    row.now.spent = usd(30);
    row.now.held = usd(5);
    row.burned = usd(10);
    ledger::grant opening;
    opening.transaction = request_id(1, 1);
    opening.amount = usd(100);
    opening.remaining = usd(90);
    ledger::grant promo;
    promo.transaction = request_id(1, 2);
    promo.amount = promo.remaining = usd(20);
    promo.from = ledger::funding::promo;
    promo.priority = 10;
    promo.expires_s = july_1;
    row.grants = {opening, promo};
    w.store.balance = row;
    const json body = budget(w);
    const json prepaid = body["prepaid"];
    EXPECT_EQ(prepaid["credited"], "120.00");
    EXPECT_EQ(prepaid["spent"], "30.00");
    EXPECT_EQ(prepaid["held"], "5.00");
    EXPECT_EQ(prepaid["available"], "85.00");
    EXPECT_EQ(prepaid["credit_limit"], "0.00");
    ASSERT_EQ(prepaid["grants"].size(), 1u) << "the promotion burns first and is gone";
    EXPECT_EQ(prepaid["grants"][0]["remaining"], "90.00");
    EXPECT_EQ(body["remaining"], "85.00");
    EXPECT_TRUE(body["resets_at"].is_null());
}

TEST(account_budget, an_empty_balance_is_over_budget) {
    world w;
    w.policy.prepaid_opening = usd(1);
    EXPECT_EQ(budget(w)["state"], "over_budget");
    EXPECT_EQ(budget(w)["remaining"], "0.00");
    w.policy.credit_limit = usd(5);
    EXPECT_EQ(budget(w)["state"], "ok");
    EXPECT_EQ(budget(w)["remaining"], "5.00");
}

TEST(account_budget, forecasts_only_from_enough_to_go_by) {
    struct row {
        const char* what;
        window span;
        std::int64_t start, requests;
        const char* expected; // of 30 USD spent
    };
    const row rows[] = {
        {"half of June", window::month, june_1, 50, "64.285714285"},
        {"one request too few", window::month, june_1, 49, "insufficient_data"},
        {"a day that has just begun", window::day, june_15.seconds(), 50, "insufficient_data"},
        {"a week that began today", window::week, june_15.seconds(), 50, "insufficient_data"},
        {"no window", window::total, 0, 50, "null"},
    };
    for (const row& r : rows) {
        world w;
        policy::limit one = limit("one", usd(100).count());
        one.span = r.span;
        w.policy.limits = {one};
        w.store.counters[{"acme", "tenant", r.span, r.start}] = spent(30, 0, r.requests);
        const json found = named(budget(w), "one")["forecast"];
        EXPECT_TRUE(found.is_null() ? std::string("null") == r.expected : found == r.expected) << r.what << found;
    }
}

TEST(account_budget, refuses_who_may_not_look) {
    world w;
    struct row {
        const char* secret;
        std::optional<instant> expires, revoked;
        int status;
        const char* code;
    };
    const instant past{june_15.us - 1};
    const row rows[] = {
        {"", {}, {}, 401, "invalid_api_key"},         {"wrong", {}, {}, 401, "invalid_api_key"},
        {"down", {}, {}, 503, "ledger_unavailable"},  {"secret", past, {}, 401, "api_key_expired"},
        {"secret", {}, past, 401, "api_key_revoked"}, {"secret", june_15, {}, 401, "api_key_expired"},
    };
    for (const row& r : rows) {
        w.keys.holder.expires = r.expires;
        w.keys.holder.revoked = r.revoked;
        for (const auto handle : {account_budget, account_usage, account_usage_export, account_request}) {
            const auto x = w.ask(handle, "/v1/account/requests/req_x", r.secret);
            EXPECT_EQ(x.status, r.status) << r.code;
            EXPECT_EQ(json::parse(x.answer)["error"]["code"], r.code);
            EXPECT_FALSE(x.header("x-request-id").empty());
        }
    }
    EXPECT_TRUE(w.store.tenants.empty());
}

TEST(account_budget, says_when_the_store_is_away_and_when_the_question_is_wrong) {
    world w;
    w.store.down = true;
    const auto x = w.ask(account_budget, "/v1/account/budget");
    EXPECT_EQ(x.status, 503);
    EXPECT_EQ(x.header("retry-after"), "1");
    for (const char* query : {"?tenant=other", "?key=k", "?agent=a&agent=b", "?agent=%zz", "?agent=%4"}) {
        const auto wrong = w.ask(account_budget, std::string("/v1/account/budget") + query);
        EXPECT_EQ(wrong.status, 400) << query;
    }
}

}
