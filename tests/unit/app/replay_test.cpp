#include <tollgate/app/recast.hpp>
#include <tollgate/app/replay.hpp>

#include <gtest/gtest.h>

namespace tollgate::app {

namespace {

policy::facts asked() {
    policy::facts f;
    f.who.tenant = "acme";
    f.who.key = "key_1";
    f.who.feature = "support";
    f.who.model = "big";
    f.who.tier = "standard";
    f.tier_rank = 0;
    f.model_known = f.model_priced = true;
    f.tokens = 150;
    f.estimate = usd_nano(100);
    f.input_estimate = usd_nano(40);
    return f;
}

policy::tenant_policy with_budget(std::int64_t budget, std::string_view action = "fail_closed") {
    policy::tenant_policy p;
    p.tenant = "acme";
    p.version = "v1";
    p.monthly_budget = usd_nano(budget);
    p.over_limit = *policy::parse_action(action);
    return p;
}

policy::limit requests_limit(const char* name, std::int64_t maximum) {
    policy::limit l;
    l.name = name;
    l.what = measure::requests;
    l.maximum = maximum;
    l.span = window::day;
    return l;
}

// A record of a request that met counters with `used` each.
decision_record recorded(const policy::tenant_policy& p, std::int64_t used, std::size_t questions = 1) {
    decision_record out;
    out.facts = asked();
    out.bound = {.input_tokens = 50, .output_tokens = 100, .cap = 100};
    out.policy_version = p.version;
    policy::ledger_reading answer;
    answer.limits.assign(policy::limits_for(out.facts, p).size(), {used, 0});
    if (p.prepaid_opening) answer.prepaid = policy::prepaid_reading{used, 0, p.prepaid_opening->count()};
    out.answers.assign(questions, answer);
    out.decided = decided_again(out, &p);
    return out;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// Two tiers: big (standard) at 1 USD a token, small (economy) at a tenth.
catalog models() {
    catalog all;
    all.tiers = {"standard", "economy"};
    const auto provider = std::make_shared<tollgate::provider>();
    const auto add = [&](const char* alias, const char* tier, std::int64_t rate, std::int64_t output_max) {
        auto m = std::make_shared<model>();
        m->alias = alias;
        m->tier = tier;
        m->max_output_tokens = output_max;
        m->context_tokens = 1'000;
        price each;
        each.rates.input = each.rates.output = rate;
        model_route route;
        route.provider = provider;
        route.upstream_name = alias;
        if (rate > 0) route.prices.push_back(each);
        m->routes.push_back(std::move(route));
        all.models.emplace(alias, std::move(m));
    };
    add("big", "standard", 1'000'000, 1'000);
    add("small", "economy", 100'000, 60);
    add("free", "economy", 0, 60);
    return all;
}

}

TEST(replay, the_same_facts_answers_and_policy_give_the_same_bytes) {
    for (const std::int64_t used : {0, 400, 401}) {
        const auto p = with_budget(500);
        const auto from = recorded(p, used);
        EXPECT_EQ(decided_again(from, &p), from.decided);
        EXPECT_EQ(has(from.decided, "tenant_budget_exceeded"), used > 400) << from.decided;
    }
}

TEST(replay, another_policy_differs_and_answers_that_do_not_fit_its_limits_decide_nothing) {
    const auto p = with_budget(500);
    const auto from = recorded(p, 401);
    const auto wider = with_budget(501);
    EXPECT_NE(decided_again(from, &wider), from.decided);
    auto more_limits = with_budget(500);
    more_limits.limits.push_back(requests_limit("rpd", 5));
    EXPECT_TRUE(has(decided_again(from, &more_limits), "unfinished"));
    EXPECT_TRUE(has(decided_again(from, nullptr), "has_policy"));
}

TEST(replay, rules_are_told_in_order_up_to_the_one_that_refuses) {
    auto p = with_budget(500);
    p.blocked_features = {"support"};
    const explanation told = explain(recorded(p, 0), p);
    ASSERT_EQ(told.rules.size(), policy::all_rules().size());
    bool refused = false;
    for (const judged_rule& each : told.rules) {
        EXPECT_EQ(each.reached, !refused) << each.name;
        EXPECT_EQ(each.objection.has_value(), each.name == "feature_allowed") << each.name;
        refused = refused || each.objection;
    }
    EXPECT_TRUE(told.questions.empty());

    p.mode = policy::mode::shadow;
    const explanation shadow = explain(recorded(p, 0), p);
    EXPECT_EQ(shadow.questions.size(), 1U);
    for (const judged_rule& each : shadow.rules) {
        EXPECT_TRUE(each.reached);
        EXPECT_EQ(each.only_noted, each.name == "feature_allowed");
    }
}

TEST(replay, each_limit_is_told_with_what_it_stood_at) {
    auto p = with_budget(500);
    p.limits.push_back(requests_limit("rpd", 5));
    p.prepaid_opening = usd_nano(100);
    struct row {
        std::int64_t used;
        fit budget, requests, prepaid;
    };
    using enum fit;
    for (const row& r : {row{0, fits, fits, fits}, row{1, fits, fits, spent}, row{5, fits, spent, spent},
                         row{401, spent, spent, spent}}) {
        SCOPED_TRACE(r.used);
        const explanation told = explain(recorded(p, r.used), p);
        ASSERT_EQ(told.questions.size(), 1U);
        const judged_question& q = told.questions.front();
        ASSERT_EQ(q.limits.size(), 2U);
        EXPECT_EQ(q.limits[0].name, "monthly_budget_usd");
        EXPECT_EQ(q.limits[0].wanted, 100);
        EXPECT_EQ(q.limits[0].used, r.used);
        EXPECT_EQ(q.limits[0].how, r.budget);
        EXPECT_EQ(q.limits[1].wanted, 1);
        EXPECT_EQ(q.limits[1].how, r.requests);
        EXPECT_EQ(q.prepaid_fit, r.prepaid);
    }
}

TEST(replay, another_policy_is_judged_by_counters_that_were_read_then) {
    const auto then = with_budget(500);
    const auto from = recorded(then, 401);
    const catalog none;
    struct row {
        const char* what;
        policy::tenant_policy instead;
        policy::verdict verdict;
        std::vector<std::string> unknown;
    };
    std::vector<row> rows;
    rows.push_back({"wider", with_budget(501), policy::verdict::allow, {}});
    rows.push_back({"just too narrow", with_budget(500), policy::verdict::refuse, {}});
    auto hard_stop = with_budget(1'000);
    hard_stop.hard_stop = usd_nano(500); // reads the same counter under another name
    rows.push_back({"same counter", hard_stop, policy::verdict::refuse, {}});
    auto other = with_budget(1'000);
    other.limits.push_back(requests_limit("rpd", 5));
    other.daily_soft_limit = usd_nano(1);
    rows.push_back({"unknown counters", other, policy::verdict::allow, {"daily_soft_limit_usd", "rpd"}});
    auto prepaid = with_budget(1'000);
    prepaid.prepaid_opening = usd_nano(99);
    rows.push_back({"prepaid", prepaid, policy::verdict::refuse, {"prepaid_balance"}});
    prepaid.credit_limit = usd_nano(1);
    rows.push_back({"prepaid with credit", prepaid, policy::verdict::allow, {"prepaid_balance"}});
    for (const row& r : rows) {
        SCOPED_TRACE(r.what);
        recast_outlook more(from, r.instead, none);
        const under_policy got = decide_under(from, &then, r.instead, more);
        EXPECT_EQ(got.what.what, r.verdict);
        EXPECT_EQ(got.unknown, r.unknown);
    }
    recast_outlook more(from, then, none);
    EXPECT_EQ(decide_under(from, nullptr, then, more).unknown, std::vector<std::string>{"monthly_budget_usd"});
}

TEST(replay, a_request_for_scores_has_no_output_and_is_none_for_embeddings) {
    const auto then = with_budget(500);
    auto from = recorded(then, 401);
    from.bound.cap = from.bound.output_tokens = 0;
    catalog all = models();
    EXPECT_TRUE(recast_as("small", from, then, all).right_endpoint);
    from.facts.right_endpoint = false;
    EXPECT_FALSE(recast_as("small", from, then, all).right_endpoint);
    all.models.erase("big");
    from.facts.right_endpoint = true;
    EXPECT_FALSE(recast_as("small", from, then, all).right_endpoint) << "nobody knows the model asked for";
}

TEST(replay, a_cheaper_model_is_found_in_the_catalogue_when_nobody_asked_then) {
    const auto then = with_budget(500);
    const auto from = recorded(then, 401);
    const catalog all = models();
    struct row {
        const char* target;
        policy::verdict verdict;
    };
    for (const row& r : {row{"small", policy::verdict::downgrade}, row{"free", policy::verdict::refuse},
                         row{"gone", policy::verdict::refuse}}) {
        SCOPED_TRACE(r.target);
        auto instead = with_budget(500, "downgrade_then_fail_closed");
        instead.downgrade_accepted = true;
        instead.downgrade_to = {{"standard", r.target}};
        recast_outlook more(from, instead, all);
        const under_policy got = decide_under(from, &then, instead, more);
        EXPECT_EQ(got.what.what, r.verdict);
        if (r.verdict == policy::verdict::downgrade) {
            EXPECT_EQ(got.what.model, "small");
            EXPECT_EQ(got.what.estimate, usd_nano(11)); // 50 in and the model's own 60 out, at a tenth, rounded up
        }
    }
}

}
