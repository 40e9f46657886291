#pragma once

// A gateway in small that records: requests are judged by the policy's course and a ledger in memory, and their rows
// are written as the real one writes them. What simulations are compared with.

#include <tollgate/app/decision_record.hpp>
#include <tollgate/core/catalog.hpp>
#include <tollgate/ledger/apply.hpp>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace tollgate::app {

// Tiers premium, standard and economy, a model each: at 100, 10 and 1 nano-USD a token.
inline const catalog& three_models() {
    static const catalog all = [] {
        catalog made;
        made.tiers = {"premium", "standard", "economy"};
        const auto provider = std::make_shared<tollgate::provider>();
        std::int64_t rate = 100'000'000;
        for (const std::string& tier : made.tiers) {
            auto m = std::make_shared<model>();
            m->alias = "of-" + tier;
            m->tier = tier;
            m->max_output_tokens = 1'000;
            m->context_tokens = 100'000;
            price each;
            each.rates.input = each.rates.output = rate;
            rate /= 10;
            model_route route;
            route.provider = provider;
            route.upstream_name = m->alias;
            route.prices.push_back(each);
            m->routes.push_back(std::move(route));
            made.models.emplace(m->alias, std::move(m));
        }
        return made;
    }();
    return all;
}

class recorded_traffic {
public:
    struct decided_request {
        ledger::usage_row row;
        std::string decided; // decided_json()
    };

    recorded_traffic(const policy::tenant_policy& policy, std::uint64_t seed) : policy_(policy), random_(seed) {
        rows_.balances[policy.tenant].now.credited = policy.prepaid_opening.value_or(usd_nano());
    }

    // Requests from `from` on, about `gap_us` apart; rows ascending by id.
    std::vector<decided_request> run(instant from, std::size_t count, std::int64_t gap_us) {
        std::int64_t at = from.us;
        for (std::size_t i = 0; i < count; ++i) {
            at += 1'000 + below(2 * gap_us); // a millisecond of its own: ids are ascending
            schedule(at + 500 + below(400), {.kind = step::decide, .request = i});
            requests_.push_back(make(at / 1'000 * 1'000));
        }
        while (!steps_.empty()) {
            const auto first = steps_.extract(steps_.begin());
            rows_.now = {first.key()};
            take(first.mapped(), first.key());
        }
        std::vector<decided_request> out;
        for (request& each : requests_) out.push_back(std::move(each.done));
        return out;
    }

    std::int64_t below(std::int64_t bound) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(bound));
    }

private:
    struct request final : policy::outlook {
        policy::facts facts;
        recorded_bound bound;
        recorded_outlook asked;
        policy::confirmation confirms = policy::confirmation::none;
        std::vector<policy::candidate> cheaper;
        std::vector<policy::ledger_reading> answers;
        bool tried = false;
        decided_request done;
        std::vector<policy::candidate> downgrades() override {
            asked.candidates = cheaper;
            return cheaper;
        }
        policy::confirmation confirmed(const policy::facts&) override {
            asked.confirmed = confirms;
            return confirms;
        }
    };
    struct step {
        enum { decide, end } kind = decide;
        std::size_t request = 0;
        ledger::reservation hold = {};
        usd_nano charge = {};
        std::int64_t tokens = 0;
    };

    void schedule(std::int64_t at, step what) {
        while (steps_.contains(at)) ++at; // no two at once: their order is what the test is about
        steps_.emplace(at, std::move(what));
    }

    request make(std::int64_t at) {
        static const char* const features[] = {"", "support", "bulk"};
        request out;
        policy::facts& f = out.facts;
        f.at = {at};
        f.who.tenant = policy_.tenant;
        f.who.key = "key_" + std::to_string(below(2));
        f.who.feature = features[below(3)];
        f.who.end_user = "user " + std::to_string(below(4));
        const auto rank = below(3);
        const model& m = *three_models().find("of-" + three_models().tiers[static_cast<std::size_t>(rank)]);
        f.who.model = m.alias;
        f.who.tier = m.tier;
        f.tier_rank = static_cast<std::int32_t>(rank);
        f.model_known = below(20) > 0;
        f.model_priced = f.right_endpoint = true;
        out.bound = {.input_tokens = 1 + below(500), .output_tokens = 1 + below(900)};
        out.bound.cap = out.bound.output_tokens;
        set_estimate(f, out.bound);
        out.confirms = static_cast<policy::confirmation>(below(4));
        for (auto at_rank = static_cast<std::size_t>(rank); at_rank < 3; ++at_rank) add_target(out, at_rank);
        return out;
    }

    static void set_estimate(policy::facts& f, const recorded_bound& bound) {
        std::int64_t rate = 100;
        for (std::int32_t i = 0; i < f.tier_rank; ++i) rate /= 10;
        f.tokens = bound.input_tokens + bound.output_tokens;
        f.estimate = usd_nano(f.tokens * rate);
        f.input_estimate = usd_nano(bound.input_tokens * rate);
    }

    void add_target(request& out, std::size_t rank) {
        const auto target = policy_.downgrade_to.find(three_models().tiers[rank]);
        if (target == policy_.downgrade_to.end()) return;
        const model& m = *three_models().find(target->second);
        for (const policy::candidate& each : out.cheaper)
            if (each.model == m.alias) return;
        policy::facts as = out.facts;
        as.tier_rank = three_models().rank_of(m.tier);
        set_estimate(as, out.bound);
        policy::candidate one;
        one.model = m.alias;
        one.tier = m.tier;
        one.rank = as.tier_rank;
        one.known = one.priced = true;
        one.lacks = below(5) == 0 ? "tools" : "";
        one.tokens = as.tokens;
        one.estimate = as.estimate;
        one.input_estimate = as.input_estimate;
        out.cheaper.push_back(std::move(one));
    }

    ledger::outcome apply(const ledger::op& op) {
        auto done = ledger::apply(std::span(&op, 1), rows_);
        rows_.counters = std::move(done.write.counters);
        rows_.balances = std::move(done.write.balances);
        for (const auto& each : done.write.reservations_opened) rows_.reservations[each.hold->id] = each.whole();
        for (const auto* hold : done.write.reservations_ended) rows_.reservations.erase(request_id(hold->id));
        return std::move(done.outcomes.front());
    }

    static policy::limit_reading in_measure(measure what, const ledger::counter& at) {
        if (what == measure::cost) return {at.spent.count(), at.held.count()};
        if (what == measure::tokens) return {at.tokens, at.tokens_held};
        return {what == measure::requests ? at.requests : at.in_flight, 0};
    }

    ledger::reserve_outcome ask(const request& r, const policy::course& way) {
        ledger::reserve_op op;
        op.hold.id = id_of(r);
        op.hold.tenant = policy_.tenant;
        op.hold.amount = way.about().estimate;
        op.hold.tokens = way.about().tokens;
        op.hold.prepaid = policy_.prepaid_opening.has_value();
        op.ttl_ms = 1'000'000;
        for (const auto& l : way.limits()) op.limits.push_back(l.check);
        op.credit_limit = policy_.mode == policy::mode::shadow ? usd_nano(1'000'000'000'000) : policy_.credit_limit;
        return std::get<ledger::reserve_outcome>(apply(op));
    }

    void take(const step& what, std::int64_t now) {
        request& r = requests_[what.request];
        if (what.kind == step::end) {
            ledger::settle_op op{what.hold, what.charge, what.tokens, r.done.row};
            apply(op);
            return;
        }
        r.answers.clear();
        r.asked = {};
        const policy::ruling rules = policy::decide(r.facts, &policy_);
        if (rules.objection) return finish(what.request, policy::decided_by(rules, r.facts), {}, now);
        policy::course way(r.facts, policy_, r);
        policy::next last = policy::next::hold;
        ledger::reserve_outcome got;
        while (last == policy::next::hold) {
            got = ask(r, way);
            policy::ledger_reading answer;
            for (std::size_t i = 0; i < got.readings.size(); ++i)
                answer.limits.push_back(in_measure(way.limits()[i].check.what, got.readings[i].at));
            if (got.prepaid)
                answer.prepaid = policy::prepaid_reading{got.prepaid->spent.count(), got.prepaid->held.count(),
                                                         (got.prepaid->credited + policy_.credit_limit).count()};
            r.answers.push_back(answer);
            last = way.take(r.answers.back());
        }
        if (last == policy::next::refuse && way.may_come_back() && !r.tried) {
            r.tried = true; // waited for, and asked for the last time
            return schedule(r.facts.at.us + 1'100'000 + below(50'000), what);
        }
        finish(what.request, policy::decided_by(rules, way, last), got, now);
    }

    static request_id id_of(const request& r) { return request_id::make(r.facts.at.ms(), 0, 1); }

    void finish(std::size_t index, const policy::decided& what, const ledger::reserve_outcome& got, std::int64_t now) {
        request& r = requests_[index];
        ledger::usage_row& row = r.done.row;
        row.id = id_of(r);
        row.tenant = policy_.tenant;
        row.key = r.facts.who.key;
        row.feature = r.facts.who.feature;
        row.end_user = r.facts.who.end_user;
        row.model_requested = r.facts.who.model;
        row.model_served = what.model;
        row.at = r.facts.at;
        row.decision = got.admitted ? "allow" : "refuse";
        row.estimated = what.estimate;
        std::int64_t ended = now;
        if (got.admitted) {
            row.ended = ledger::ending::settled;
            row.used.prompt_tokens = 1 + below(r.bound.input_tokens);
            row.used.completion_tokens = below(r.bound.output_tokens + 1);
            row.tokens = row.used.total();
            row.charged = row.provider_cost = usd_nano(what.estimate.count() * row.tokens / got.hold.tokens);
            ended = now + 1 + below(3'000'000);
            while (steps_.contains(ended)) ++ended;
            schedule(
                ended,
                {.kind = step::end, .request = index, .hold = got.hold, .charge = row.charged, .tokens = row.tokens});
        }
        r.done.decided = decided_json(what);
        row.record = record_of(r, got.admitted ? now : 0, ended);
    }

    std::string record_of(const request& r, std::int64_t held_at, std::int64_t ended_at) const {
        std::string text;
        json_writer out(text);
        out.begin_object().member("tenant", policy_.tenant).member("key_id", r.facts.who.key);
        out.optional_member("feature", r.facts.who.feature).member("end_user", r.facts.who.end_user);
        out.member("model_requested", r.facts.who.model).member("policy_version", policy_.version);
        write_facts(out, r.facts, r.bound);
        if (held_at > 0) out.member("hold_us", held_at - r.facts.at.us);
        out.member("total_us", ended_at - r.facts.at.us);
        write_answers(out, r.answers, r.asked);
        out.key(decided_member).raw(r.done.decided).end_object();
        return text;
    }

    const policy::tenant_policy& policy_;
    std::mt19937_64 random_;
    ledger::snapshot rows_;
    std::vector<request> requests_;
    std::map<std::int64_t, step> steps_;
};

}
