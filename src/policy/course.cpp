#include <tollgate/policy/course.hpp>

#include <tollgate/core/assert.hpp>

#include <algorithm>
#include <array>

namespace tollgate::policy {

namespace {

constexpr std::array<std::string_view, 4> confirmation_names{"none", "valid", "invalid", "declined"};

std::int64_t wanted_of(measure what, const facts& about) {
    switch (what) {
    case measure::cost: return about.estimate.count();
    case measure::tokens: return about.tokens;
    case measure::requests:
    case measure::concurrency: return 1;
    }
    TG_ASSERT(false);
}

bool listed(const std::vector<std::string>& names, std::string_view name) {
    return names.empty() || std::ranges::find(names, name) != names.end();
}

}

std::string_view name_of(confirmation state) { return confirmation_names[static_cast<std::size_t>(state)]; }

std::optional<confirmation> parse_confirmation(std::string_view name) {
    for (std::size_t i = 0; i < confirmation_names.size(); ++i)
        if (confirmation_names[i] == name) return static_cast<confirmation>(i);
    return std::nullopt;
}

course::course(const facts& asked, const tenant_policy& policy, outlook& more)
    : asked_(asked), policy_(policy), more_(more) {
    list_limits();
}

// Hard is what still has an action to run. The limit's name finds its progress: another model may meet other limits.
void course::list_limits() {
    limits_ = limits_for(about(), policy_);
    for (applied_limit& l : limits_) l.check.hard = l.check.hard && !passed(l) && policy_.mode == mode::enforce;
}

std::size_t course::step_of(const applied_limit& l) const {
    const auto found = std::ranges::find(progress_, l.name, &progress::limit);
    return found == progress_.end() ? 0 : found->step;
}

void course::advance(const applied_limit& l) {
    const auto found = std::ranges::find(progress_, l.name, &progress::limit);
    if (found == progress_.end())
        progress_.push_back({l.name, 1});
    else
        found->step += 1;
}

void course::note(const applied_limit& l, std::string said, std::string model) {
    steps_.push_back({std::string(l.name), (*l.actions)[step_of(l)], std::move(said), std::move(model)});
}

std::vector<course::misfit> course::misfits(const ledger_reading& at) const {
    TG_ASSERT(at.limits.size() == limits_.size());
    std::vector<misfit> out;
    for (std::size_t i = 0; i < limits_.size(); ++i) {
        const limit_check& check = limits_[i].check;
        if (passed(limits_[i])) continue;
        const limit_reading& r = at.limits[i];
        const fit how = fit_of(r.used, r.held, wanted_of(check.what, about()), check.maximum);
        if (how != fit::fits) out.push_back({i, how});
    }
    return out;
}

// True: the limit lets the request pass, or another of its actions is next.
bool course::confirm_or_move_on(const applied_limit& l) {
    const confirmation state = more_.confirmed(about());
    const bool more_to_come = step_of(l) + 1 < l.actions->size();
    if (state == confirmation::valid) {
        note(l, "passed");
        pass(l);
        return true;
    }
    if (state == confirmation::none || !more_to_come) return false;
    note(l, std::string(name_of(state)));
    advance(l);
    return true;
}

std::string course::objection_to(const candidate& one) const {
    if (one.rank <= about().tier_rank) return "not_a_lower_tier";
    if (!one.known) return "unknown_model";
    if (!listed(policy_.allowed_tiers, one.tier)) return "tier_not_allowed";
    if (!listed(asked_.key_models, one.model)) return "key_not_allowed";
    if (!one.priced) return "not_priced";
    if (!one.right_endpoint) return "wrong_endpoint";
    if (!one.lacks.empty()) return "lacks_" + one.lacks;
    if (one.estimate > about().estimate) return "not_cheaper";
    return {};
}

// Takes the nearest model below that may and can serve.
bool course::pick(const applied_limit& reason) {
    if (!policy_.downgrade_accepted) {
        note(reason, "no_consent");
        return false;
    }
    if (!options_) options_ = more_.downgrades();
    if (options_->empty()) note(reason, "no_target");
    for (const candidate& one : *options_) {
        std::string why = objection_to(one);
        if (!why.empty()) {
            note(reason, std::move(why), one.model);
            continue;
        }
        note(reason, "served", one.model);
        chosen_ = std::make_unique<candidate>(one);
        downgraded_by_ = reason.name;
        facts changed = about();
        changed.who.model = one.model;
        changed.who.tier = one.tier;
        changed.who.provider = one.provider;
        changed.tier_rank = one.rank;
        changed.tokens = one.tokens;
        changed.estimate = one.estimate;
        changed.input_estimate = one.input_estimate;
        now_ = std::make_unique<facts>(std::move(changed));
        return true;
    }
    return false;
}

// Runs what `among` has to run before anything is refused. True: another model takes the place.
bool course::run_steps(std::span<const misfit> among) {
    for (bool changed = true; changed;) {
        changed = false;
        for (const misfit& m : among) {
            const applied_limit& l = limits_[m.limit];
            for (; next_is(l, action::notify); advance(l)) note(l, "passed");
            if (next_is(l, action::confirm)) changed = confirm_or_move_on(l) || changed;
        }
        if (changed) continue;
        const auto asks = [&](const misfit& m) { return next_is(limits_[m.limit], action::downgrade); };
        const auto first = std::ranges::find_if(among, asks);
        if (first == among.end()) return false;
        const bool found = pick(limits_[first->limit]);
        for (const misfit& m : among)
            if (asks(m)) found ? pass(limits_[m.limit]) : advance(limits_[m.limit]);
        if (found) return true;
        changed = true;
    }
    return false;
}

bool course::next_is(const applied_limit& l, action what) const {
    const std::size_t at = step_of(l);
    return at < l.actions->size() && (*l.actions)[at] == what;
}

void course::pass(const applied_limit& l) {
    while (!passed(l)) advance(l);
}

// The limit that refuses. What waiting cannot cure outranks what it can; among equals the earlier limit is named, the
// balance last.
bool course::refuse(std::span<const misfit> among, fit prepaid) {
    for (const fit kind : {fit::spent, fit::held}) {
        for (const misfit& m : among) {
            const applied_limit& l = limits_[m.limit];
            const bool closed = next_is(l, action::fail_closed);
            if (m.how != kind || (!closed && !next_is(l, action::throttle))) continue;
            note(l, "refused");
            const bool money = l.check.what == measure::cost;
            stopped_by_ = m.limit;
            curable_ = kind == fit::held && closed;
            code_ = scope_of(l, about()).code;
            if (money && !closed) code_ = errc::request_rate_exceeded;
            if (money && curable_) code_ = errc::reservation_capacity_exceeded;
            return true;
        }
        if (prepaid == kind && kind != fit::fits) {
            stopped_by_.reset();
            curable_ = kind == fit::held;
            code_ = curable_ ? errc::reservation_capacity_exceeded : errc::prepaid_balance_required;
            return true;
        }
    }
    return false;
}

bool course::ask(std::span<const misfit> among) {
    for (const misfit& m : among) {
        if (!next_is(limits_[m.limit], action::confirm)) continue;
        note(limits_[m.limit], "asked");
        stopped_by_ = m.limit;
        curable_ = false;
        code_ = errc::confirmation_required;
        return true;
    }
    return false;
}

// Shadow mode: the same steps, but nothing comes of them.
next course::look_on(std::span<const misfit> among, fit prepaid) {
    if (run_steps(among)) {
        would_ = next::hold;
        now_.reset();
        chosen_.reset();
        downgraded_by_ = {};
    } else if (refuse(among, prepaid)) {
        would_ = next::refuse;
    } else if (ask(among)) {
        would_ = next::confirm;
    }
    return next::serve;
}

next course::take(const ledger_reading& at) {
    const std::vector<misfit> among = misfits(at);
    fit prepaid = fit::fits;
    if (at.prepaid) prepaid = fit_of(at.prepaid->used, at.prepaid->held, about().estimate.count(), at.prepaid->credit);
    if (policy_.mode == mode::shadow) return look_on(among, prepaid);

    const auto hard = [&](const misfit& m) { return limits_[m.limit].check.hard; };
    const bool admitted = prepaid == fit::fits && std::ranges::none_of(among, hard);
    const bool replaced = run_steps(among);
    if (admitted) return next::serve;
    if (!replaced && refuse(among, prepaid)) return next::refuse;
    if (!replaced && ask(among)) return next::confirm;
    list_limits();
    return next::hold;
}

}
