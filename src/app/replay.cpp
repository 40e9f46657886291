#include <tollgate/app/replay.hpp>

#include <tollgate/core/assert.hpp>

#include <algorithm>
#include <map>
#include <tuple>

namespace tollgate::app {

namespace {

// A course asks at most once for each limit's action, and once more with a cheaper model.
constexpr std::size_t questions_max = 256;

// `see(course, answer)` before each answer is taken.
template <class See>
void walk(const decision_record& from, const policy::tenant_policy& policy, See see) {
    if (policy::decide(from.facts, &policy).objection) return;
    recorded_answers more(from.outlook);
    policy::course way(from.facts, policy, more);
    for (const policy::ledger_reading& answer : from.answers) {
        if (answer.limits.size() != way.limits().size()) return; // given under other limits
        see(way, answer);
        if (way.take(answer) != policy::next::hold) return;
    }
}

std::vector<judged_rule> judge_rules(const policy::facts& about, const policy::tenant_policy& policy) {
    std::vector<judged_rule> out;
    bool refused = false;
    for (const policy::rule& each : policy::all_rules()) {
        judged_rule& one = out.emplace_back();
        one.name = each.name;
        one.reached = !refused;
        if (refused) continue;
        one.objection = each.judge(about, policy);
        one.only_noted = one.objection && each.advisory && policy.mode == policy::mode::shadow;
        refused = one.objection && !one.only_noted;
    }
    return out;
}

std::int64_t wanted_of(measure what, const policy::facts& about) {
    if (what == measure::cost) return about.estimate.count();
    return what == measure::tokens ? about.tokens : 1;
}

judged_question judge_question(const policy::course& way, const policy::ledger_reading& answer) {
    judged_question out;
    out.model = way.about().who.model;
    out.estimate = way.about().estimate;
    for (std::size_t i = 0; i < answer.limits.size(); ++i) {
        const policy::applied_limit& l = way.limits()[i];
        judged_limit& one = out.limits.emplace_back();
        one.name = l.name;
        one.scope = l.check.scope;
        one.actions = policy::name_of(*l.actions);
        one.span = l.check.span;
        one.what = l.check.what;
        one.maximum = l.check.maximum;
        one.used = answer.limits[i].used;
        one.held = answer.limits[i].held;
        one.wanted = wanted_of(l.check.what, way.about());
        one.how = fit_of(one.used, one.held, one.wanted, one.maximum);
        one.hard = l.check.hard;
    }
    out.prepaid = answer.prepaid;
    if (const auto& at = answer.prepaid) out.prepaid_fit = fit_of(at->used, at->held, out.estimate.count(), at->credit);
    return out;
}

// What the record knows of counters and of the balance, by what they count.
struct known_answers {
    using counter = std::tuple<std::string, window, measure>; // scope, window, measure
    std::map<counter, policy::limit_reading> counters;
    std::optional<policy::prepaid_reading> prepaid; // without any credit line
};

known_answers answers_of(const decision_record& from, const policy::tenant_policy* then) {
    known_answers out;
    if (!then) return out;
    walk(from, *then, [&](const policy::course& way, const policy::ledger_reading& answer) {
        for (std::size_t i = 0; i < answer.limits.size(); ++i) {
            const limit_check& check = way.limits()[i].check;
            out.counters[{check.scope, check.span, check.what}] = answer.limits[i];
        }
        out.prepaid = answer.prepaid;
        if (out.prepaid) out.prepaid->credit -= then->credit_limit.count();
    });
    return out;
}

void note(std::vector<std::string>& names, std::string_view name) {
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
}

policy::ledger_reading answer_to(const policy::course& way, const policy::tenant_policy& instead,
                                 const known_answers& known, std::vector<std::string>& unknown) {
    policy::ledger_reading out;
    for (const policy::applied_limit& l : way.limits()) {
        const auto at = known.counters.find({l.check.scope, l.check.span, l.check.what});
        if (at == known.counters.end()) note(unknown, l.name);
        out.limits.push_back(at == known.counters.end() ? policy::limit_reading{} : at->second);
    }
    if (!instead.prepaid_opening) return out;
    if (!known.prepaid) note(unknown, "prepaid_balance");
    out.prepaid = known.prepaid.value_or(policy::prepaid_reading{0, 0, instead.prepaid_opening->count()});
    out.prepaid->credit += instead.credit_limit.count();
    return out;
}

}

std::string decided_again(const decision_record& from, const policy::tenant_policy* policy) {
    recorded_answers more(from.outlook);
    return decided_json(policy::decide_again(from.facts, policy, from.answers, more));
}

explanation explain(const decision_record& from, const policy::tenant_policy& policy) {
    explanation out;
    out.rules = judge_rules(from.facts, policy);
    walk(from, policy, [&](const policy::course& way, const policy::ledger_reading& answer) {
        out.questions.push_back(judge_question(way, answer));
    });
    return out;
}

under_policy decide_under(const decision_record& from, const policy::tenant_policy* then,
                          const policy::tenant_policy& instead, policy::outlook& more) {
    under_policy out;
    const policy::ruling rules = policy::decide(from.facts, &instead);
    if (rules.objection) {
        out.what = policy::decided_by(rules, from.facts);
        return out;
    }
    const known_answers known = answers_of(from, then);
    policy::course way(from.facts, instead, more);
    policy::next last = policy::next::hold;
    for (std::size_t i = 0; last == policy::next::hold && i < questions_max; ++i)
        last = way.take(answer_to(way, instead, known, out.unknown));
    out.what = policy::decided_by(rules, way, last);
    return out;
}

}
