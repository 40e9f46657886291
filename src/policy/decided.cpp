#include <tollgate/policy/decided.hpp>

#include <tollgate/core/assert.hpp>

namespace tollgate::policy {

namespace {

constexpr std::string_view prepaid = "prepaid_balance";

std::string stopped_by(const course& way) {
    const auto limit = way.stopped_by();
    return std::string(limit ? way.limits()[*limit].name : prepaid);
}

bool about_pace(errc code) {
    return code == errc::request_rate_exceeded || code == errc::token_rate_exceeded ||
           code == errc::concurrency_exceeded;
}

verdict verdict_of(next last, const course& way) {
    switch (last) {
    case next::serve: return way.downgraded() ? verdict::downgrade : verdict::allow;
    case next::hold: return verdict::unfinished;
    case next::confirm: return verdict::confirm;
    case next::refuse: return about_pace(way.code()) ? verdict::throttle : verdict::refuse;
    }
    TG_ASSERT(false);
}

// The earlier of the two: a rule speaks before any limit.
void add_shadow(decided& out, const ruling& rules, const course* way) {
    if (rules.would_have) {
        out.would = verdict::refuse;
        out.would_code = rules.would_have;
        out.would_by = rules.rule;
        return;
    }
    if (!way || way->would() == next::serve) return;
    if (way->would() == next::hold) {
        out.would = verdict::downgrade; // the steps tell to what
        return;
    }
    out.would = verdict_of(way->would(), *way);
    out.would_code = way->code();
    out.would_by = stopped_by(*way);
}

}

std::string_view name_of(verdict what) {
    switch (what) {
    case verdict::allow: return "allow";
    case verdict::downgrade: return "downgrade";
    case verdict::confirm: return "confirm";
    case verdict::throttle: return "throttle";
    case verdict::refuse: return "refuse";
    case verdict::unfinished: return "unfinished";
    }
    TG_ASSERT(false);
}

decided decided_by(const ruling& rules, const facts& about) {
    decided out;
    out.model = about.who.model;
    out.tier = about.who.tier;
    out.estimate = about.estimate;
    if (rules.objection) {
        out.what = verdict::refuse;
        out.code = rules.objection->code;
        out.by = rules.rule;
    }
    add_shadow(out, rules, nullptr);
    return out;
}

decided decided_by(const ruling& rules, const course& way, next last) {
    decided out;
    out.model = way.about().who.model;
    out.tier = way.about().who.tier;
    out.estimate = way.about().estimate;
    out.by = way.downgraded_by();
    out.steps = way.steps();
    out.what = verdict_of(last, way);
    if (last == next::confirm || last == next::refuse) {
        out.code = way.code();
        out.by = stopped_by(way);
    }
    add_shadow(out, rules, &way);
    return out;
}

decided decide_again(const facts& about, const tenant_policy* policy, std::span<const ledger_reading> answers,
                     outlook& more) {
    const ruling rules = decide(about, policy);
    if (rules.objection) return decided_by(rules, about);
    course way(about, *policy, more);
    next last = next::hold;
    for (const ledger_reading& answer : answers) {
        if (answer.limits.size() != way.limits().size()) break; // given under other limits: no decision comes of it
        last = way.take(answer);
        if (last != next::hold) break;
    }
    return decided_by(rules, way, last);
}

}
