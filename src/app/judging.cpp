#include "judging.hpp"

#include "customer_money.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

policy::limit_reading in_measure(measure what, const ledger::counter& at) {
    switch (what) {
    case measure::cost: return {at.spent.count(), at.held.count()};
    case measure::tokens: return {at.tokens, at.tokens_held};
    case measure::requests: return {at.requests, 0};
    case measure::concurrency: return {at.in_flight, 0};
    }
    TG_ASSERT(false);
}

}

ledger::reserve_op question_of(const policy::course& way, const policy::tenant_policy& policy) {
    const policy::facts& about = way.about();
    ledger::reserve_op op;
    op.zone = policy.zone;
    // In shadow mode the balance is read, never in the way.
    const bool shadow = policy.mode == policy::mode::shadow;
    op.credit_limit = shadow ? usd_nano(limits::amount_nano_max) : policy.credit_limit;
    op.hold.tenant = about.who.tenant;
    op.hold.amount = about.estimate;
    op.hold.input_amount = about.input_estimate;
    op.hold.tokens = about.tokens;
    op.hold.prepaid = policy.prepaid_opening.has_value();
    op.hold.on_unknown = static_cast<ledger::unknown_usage>(policy.usage_unknown);
    op.limits.reserve(way.limits().size());
    for (const policy::applied_limit& l : way.limits()) op.limits.push_back(l.check);
    // Kept for every tenant, whatever its limits: the account view and later limits read them.
    op.also_count.reserve(2);
    op.also_count.emplace_back("tenant", window::day);
    op.also_count.emplace_back("tenant", window::month);
    return op;
}

policy::ledger_reading reading_of(const ledger::reserve_outcome& answer, const policy::course& way,
                                  const policy::tenant_policy& policy) {
    policy::ledger_reading out;
    out.limits.reserve(answer.readings.size());
    for (std::size_t i = 0; i < answer.readings.size(); ++i)
        out.limits.push_back(in_measure(way.limits()[i].check.what, answer.readings[i].at));
    if (const auto& at = answer.prepaid)
        out.prepaid =
            policy::prepaid_reading{at->spent.count(), at->held.count(), (at->credited + policy.credit_limit).count()};
    return out;
}

std::vector<std::string> downgrade_targets(const policy::tenant_policy& policy, std::span<const std::string> tiers,
                                           std::int32_t rank) {
    std::vector<std::string> out;
    for (auto at = static_cast<std::size_t>(rank); at < tiers.size(); ++at) {
        const auto target = policy.downgrade_to.find(tiers[at]);
        if (target == policy.downgrade_to.end()) continue;
        if (std::ranges::find(out, target->second) == out.end()) out.push_back(target->second);
    }
    return out;
}

estimates worst_of(const usage_bound& bound, const tollgate::price& at, service_tier tier,
                   const policy::tenant_policy& policy) {
    usage_bound input_only = bound;
    input_only.output_tokens = 0;
    // Past every amount we can hold: let the largest one be refused by whatever limit there is.
    const usd_nano most(limits::amount_nano_max);
    return {to_hold(policy, worst_case(bound, at, tier).value_or(most)),
            to_hold(policy, worst_case(input_only, at, tier).value_or(most))};
}

service_tier default_tier(const catalog& models) {
    const bool priority = std::ranges::count(models.enabled_service_tiers, service_tier::priority) > 0;
    return priority ? service_tier::automatic : service_tier::standard;
}

}
