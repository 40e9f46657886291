#include <tollgate/policy/decided.hpp>

#include <gtest/gtest.h>

#include <functional>

namespace tollgate::policy {

namespace {

// Tiers: premium 0, standard 1, economy 2. One request for "big" (standard) that may cost 100.
facts asked() {
    facts f;
    f.who.tenant = "acme";
    f.who.key = "key_1";
    f.who.model = "big";
    f.who.tier = "standard";
    f.tier_rank = 1;
    f.model_known = f.model_priced = true;
    f.tokens = 10;
    f.estimate = usd_nano(100);
    f.input_estimate = usd_nano(40);
    return f;
}

candidate small() {
    candidate c;
    c.model = "small";
    c.tier = "economy";
    c.provider = "p";
    c.rank = 2;
    c.known = c.priced = true;
    c.tokens = 10;
    c.estimate = usd_nano(10);
    c.input_estimate = usd_nano(4);
    return c;
}

struct view final : outlook {
    std::vector<candidate> options{small()};
    confirmation state = confirmation::none;
    std::vector<candidate> downgrades() override { return options; }
    confirmation confirmed(const facts&) override { return state; }
};

tenant_policy with_budget(std::string_view action, std::int64_t budget = 500) {
    tenant_policy p;
    p.tenant = "acme";
    p.monthly_budget = usd_nano(budget);
    p.over_limit = *parse_action(action);
    p.downgrade_accepted = true;
    return p;
}

// The ledger's answer when each limit of the course stands at `used`.
ledger_reading at(const course& way, std::int64_t used, std::int64_t held = 0) {
    ledger_reading out;
    out.limits.assign(way.limits().size(), limit_reading{used, held});
    return out;
}

std::string told(const std::vector<step_taken>& steps) {
    std::string out;
    for (const step_taken& s : steps) {
        if (!out.empty()) out += " ";
        out += std::string(name_of(s.what)) + ":" + s.said;
    }
    return out;
}

struct chain_case {
    const char* action;
    confirmation state;
    bool consent, target;
    next last;
    const char* steps;
};

}

TEST(course, every_chain_runs_its_steps_in_order) {
    using enum confirmation;
    const chain_case table[] = {
        {"notify", none, true, true, next::serve, "notify:passed"},
        {"fail_closed", none, true, true, next::refuse, "fail_closed:refused"},
        {"throttle", none, true, true, next::refuse, "throttle:refused"},
        {"confirm", none, true, true, next::confirm, "confirm:asked"},
        {"confirm", valid, true, true, next::serve, "confirm:passed"},
        {"confirm", invalid, true, true, next::confirm, "confirm:asked"},
        {"downgrade_then_fail_closed", none, true, true, next::serve, "downgrade:served"},
        {"downgrade_then_fail_closed", none, false, true, next::refuse, "downgrade:no_consent fail_closed:refused"},
        {"downgrade_then_fail_closed", none, true, false, next::refuse, "downgrade:no_target fail_closed:refused"},
        {"downgrade_then_throttle", none, false, true, next::refuse, "downgrade:no_consent throttle:refused"},
        {"downgrade_then_notify", none, false, true, next::serve, "downgrade:no_consent notify:passed"},
        {"downgrade_then_confirm", none, false, true, next::confirm, "downgrade:no_consent confirm:asked"},
        {"downgrade_then_confirm", valid, false, true, next::serve, "downgrade:no_consent confirm:passed"},
        {"notify_then_fail_closed", none, true, true, next::refuse, "notify:passed fail_closed:refused"},
        {"notify_then_downgrade_then_fail_closed", none, true, true, next::serve, "notify:passed downgrade:served"},
        {"confirm_then_fail_closed", none, true, true, next::confirm, "confirm:asked"},
        {"confirm_then_fail_closed", valid, true, true, next::serve, "confirm:passed"},
        {"confirm_then_fail_closed", declined, true, true, next::refuse, "confirm:declined fail_closed:refused"},
        {"confirm_then_fail_closed", invalid, true, true, next::refuse, "confirm:invalid fail_closed:refused"},
        {"confirm_then_downgrade_then_fail_closed", declined, true, true, next::serve,
         "confirm:declined downgrade:served"},
        {"notify_then_confirm_then_downgrade_then_throttle", declined, false, true, next::refuse,
         "notify:passed confirm:declined downgrade:no_consent throttle:refused"},
    };
    for (const chain_case& row : table) {
        SCOPED_TRACE(row.action);
        tenant_policy p = with_budget(row.action);
        p.downgrade_accepted = row.consent;
        view more;
        more.state = row.state;
        if (!row.target) more.options.clear();
        const facts f = asked();
        course way(f, p, more);
        next last = way.take(at(way, 401)); // 401 + 100 > 500
        if (last == next::hold) last = way.take(at(way, 401));
        EXPECT_EQ(last, row.last);
        EXPECT_EQ(told(way.steps()), row.steps);
    }
}

TEST(course, a_request_that_just_fits_takes_no_step) {
    const tenant_policy p = with_budget("downgrade_then_fail_closed");
    view more;
    const facts f = asked();
    course inside(f, p, more);
    EXPECT_EQ(inside.take(at(inside, 400)), next::serve);
    EXPECT_TRUE(inside.steps().empty());
    course outside(f, p, more);
    EXPECT_EQ(outside.take(at(outside, 401)), next::hold);
    EXPECT_EQ(outside.about().who.model, "small");
    EXPECT_EQ(outside.about().estimate, usd_nano(10));
    EXPECT_EQ(outside.downgraded_by(), "monthly_budget_usd");
}

TEST(course, a_downgraded_request_still_stops_at_the_hard_stop) {
    tenant_policy p = with_budget("downgrade_then_fail_closed");
    p.hard_stop = usd_nano(600);
    view more;
    const facts f = asked();
    course way(f, p, more);
    ASSERT_EQ(way.take(at(way, 590)), next::hold);
    EXPECT_EQ(way.take(at(way, 590)), next::serve); // 590 + 10 = 600
    course over(f, p, more);
    ASSERT_EQ(over.take(at(over, 591)), next::hold);
    EXPECT_EQ(over.take(at(over, 591)), next::refuse);
    EXPECT_EQ(over.limits()[*over.stopped_by()].name, "hard_stop_usd");
    EXPECT_EQ(over.code(), errc::tenant_budget_exceeded);
}

TEST(course, a_model_that_may_not_or_cannot_serve_is_passed_over_with_its_reason) {
    struct row {
        const char* said;
        std::function<void(candidate&, tenant_policy&, facts&)> change;
    };
    const row table[] = {
        {"not_a_lower_tier", [](candidate& c, tenant_policy&, facts&) { c.rank = 1; }},
        {"unknown_model", [](candidate& c, tenant_policy&, facts&) { c.known = false; }},
        {"tier_not_allowed", [](candidate&, tenant_policy& p, facts&) { p.allowed_tiers = {"standard"}; }},
        {"key_not_allowed", [](candidate&, tenant_policy&, facts& f) { f.key_models = {"big"}; }},
        {"not_priced", [](candidate& c, tenant_policy&, facts&) { c.priced = false; }},
        {"wrong_endpoint", [](candidate& c, tenant_policy&, facts&) { c.right_endpoint = false; }},
        {"lacks_tools", [](candidate& c, tenant_policy&, facts&) { c.lacks = "tools"; }},
        {"not_cheaper", [](candidate& c, tenant_policy&, facts&) { c.estimate = usd_nano(101); }},
    };
    for (const row& each : table) {
        SCOPED_TRACE(each.said);
        tenant_policy p = with_budget("downgrade_then_fail_closed");
        candidate bad = small();
        facts f = asked();
        each.change(bad, p, f);
        view more;
        more.options = {bad};
        course way(f, p, more);
        EXPECT_EQ(way.take(at(way, 450)), next::refuse);
        ASSERT_GE(way.steps().size(), 2u);
        EXPECT_EQ(way.steps()[0].said, each.said);
        EXPECT_EQ(way.steps()[0].model, "small");
        EXPECT_EQ(way.about().who.model, "big");
    }
}

TEST(course, a_soft_limit_alone_never_refuses) {
    for (const char* action : {"notify", "downgrade_then_notify", "confirm"}) {
        tenant_policy p;
        p.daily_soft_limit = usd_nano(50);
        p.soft_limit = std::string_view(action) == "downgrade_then_notify" ? action_chain{action::downgrade}
                                                                           : *parse_action(action);
        view more;
        more.options.clear();
        const facts f = asked();
        course way(f, p, more);
        next last = way.take(at(way, 0));
        if (last == next::hold) last = way.take(at(way, 0));
        EXPECT_EQ(last, std::string_view(action) == "confirm" ? next::confirm : next::serve) << action;
    }
}

TEST(course, what_waiting_cannot_cure_is_named_first) {
    tenant_policy p = with_budget("fail_closed");
    p.hard_stop = usd_nano(600);
    view more;
    const facts f = asked();
    course way(f, p, more);
    ledger_reading answer;
    answer.limits = {{400, 150}, {450, 0}}; // hard stop: only held; budget: spent
    EXPECT_EQ(way.take(answer), next::refuse);
    EXPECT_EQ(way.limits()[*way.stopped_by()].name, "monthly_budget_usd");
    EXPECT_FALSE(way.may_come_back());

    course held(f, p, more);
    answer.limits = {{400, 150}, {390, 60}};
    EXPECT_EQ(held.take(answer), next::refuse);
    EXPECT_TRUE(held.may_come_back());
    EXPECT_EQ(held.code(), errc::reservation_capacity_exceeded);
}

TEST(course, an_empty_balance_refuses_whatever_the_limits_say) {
    tenant_policy p = with_budget("confirm");
    view more;
    const facts f = asked();
    course way(f, p, more);
    ledger_reading answer = at(way, 450);
    answer.prepaid = prepaid_reading{50, 0, 149};
    EXPECT_EQ(way.take(answer), next::refuse);
    EXPECT_FALSE(way.stopped_by());
    EXPECT_EQ(way.code(), errc::prepaid_balance_required);
    course covered(f, p, more);
    answer.prepaid = prepaid_reading{50, 0, 150};
    EXPECT_EQ(covered.take(answer), next::confirm);
}

TEST(course, shadow_mode_serves_as_asked_and_tells_what_would_have_been) {
    struct row {
        const char* action;
        verdict would;
    };
    for (const row& each : {row{"fail_closed", verdict::refuse}, row{"downgrade_then_fail_closed", verdict::downgrade},
                            row{"confirm", verdict::confirm}, row{"throttle", verdict::throttle}}) {
        SCOPED_TRACE(each.action);
        tenant_policy p = with_budget(each.action);
        p.mode = mode::shadow;
        view more;
        const facts f = asked();
        course way(f, p, more);
        for (const applied_limit& l : way.limits()) EXPECT_FALSE(l.check.hard);
        const next last = way.take(at(way, 450));
        EXPECT_EQ(last, next::serve);
        EXPECT_EQ(way.about().who.model, "big");
        const decided d = decided_by(decide(f, &p), way, last);
        EXPECT_EQ(d.what, verdict::allow);
        ASSERT_TRUE(d.would);
        EXPECT_EQ(*d.would, each.would);
    }
}

TEST(decide_again, agrees_with_the_course_it_replays) {
    tenant_policy p = with_budget("notify_then_downgrade_then_fail_closed");
    p.hard_stop = usd_nano(600);
    view more;
    const facts f = asked();
    const ruling rules = decide(f, &p);
    course way(f, p, more);
    std::vector<ledger_reading> answers;
    next last = next::hold;
    while (last == next::hold) {
        answers.push_back(at(way, 550));
        last = way.take(answers.back());
    }
    EXPECT_EQ(decide_again(f, &p, answers, more), decided_by(rules, way, last));
    answers.pop_back();
    EXPECT_EQ(decide_again(f, &p, answers, more).what, verdict::unfinished);
}

}
