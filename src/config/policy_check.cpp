// What must hold between the fields of a policy, and between them and the catalogue.
#include "policy_fields.hpp"

namespace tollgate::config {

namespace {

// The place of a key, for a fault that lies between several.
const node& place_of(const node& document, std::string_view key) {
    const node* found = document.find(key);
    return found != nullptr ? *found : document;
}

std::string hint(std::string_view given, std::vector<std::string_view> known) {
    const std::string_view near = nearest(given, known);
    return near.empty() ? std::string() : "; did you mean `" + std::string(near) + "`?";
}

bool has_tier(const tollgate::catalog& models, std::string_view tier) {
    return std::ranges::find(models.tiers, tier) != models.tiers.end();
}

std::string unknown_tier(const tollgate::catalog& models, const std::string& tier) {
    return "the catalogue has no tier `" + tier + "`" + hint(tier, {models.tiers.begin(), models.tiers.end()});
}

void check_tiers(const node& document, const policy::tenant_policy& made, const policy_context& with, context& at) {
    const node* listed = document.find("allowed_model_tiers");
    if (listed != nullptr && listed->what == node::kind::list && listed->items.empty())
        at.error(*listed,
                 "names no tier: leave it out to allow every tier, or stop the tenant with `status: suspended`");
    for (const std::string& tier : made.allowed_tiers)
        if (!has_tier(with.models, tier))
            at.error(place_of(document, "allowed_model_tiers"), unknown_tier(with.models, tier));
}

// Past the budget requests may still be served: as a cheaper model, after a confirmation, or as they are.
bool goes_on(const policy::tenant_policy& made) {
    return std::ranges::any_of(made.over_limit,
                               [&](policy::action step) {
                                   return step == policy::action::confirm ||
                                          (step == policy::action::downgrade && made.downgrade_accepted);
                               }) ||
           made.over_limit.back() == policy::action::notify;
}

void check_amounts(const node& document, const policy::tenant_policy& made, context& at) {
    if (made.hard_stop && made.monthly_budget && *made.hard_stop < *made.monthly_budget)
        at.error(place_of(document, "hard_stop_usd"), "`hard_stop_usd` must not be below `monthly_budget_usd`");
    if (made.credit_limit.count() > 0 && !made.prepaid_opening)
        at.error(place_of(document, "credit_limit_usd"),
                 "`credit_limit_usd` has no effect without `prepaid_balance_usd`");
    if (made.monthly_budget && goes_on(made) && !made.hard_stop && !made.prepaid_opening)
        at.warn(place_of(document, "over_limit_action"),
                "past the budget requests are served, and no `hard_stop_usd` ends it");
    if (!made.limits_money()) at.warn(document, "tenant `" + made.tenant + "` has no money limit of any kind");
}

void check_target(const node& where, const std::string& alias, const policy::tenant_policy& made,
                  const policy_context& with, context& at) {
    const model* target = with.models.find(alias);
    if (target == nullptr) {
        std::vector<std::string_view> known;
        for (const auto& [name, ignored] : with.models.models) known.push_back(name);
        return at.error(where, "the catalogue has no model `" + alias + "`" + hint(alias, known));
    }
    if (!target->priced_at(with.now)) at.error(where, "the downgrade target `" + alias + "` has no price in force");
    const auto& allowed = made.allowed_tiers;
    if (!allowed.empty() && std::ranges::find(allowed, target->tier) == allowed.end())
        at.error(where, "the downgrade target `" + alias + "` is in tier `" + target->tier +
                            "`, which `allowed_model_tiers` does not hold");
}

void check_downgrade(const node& document, const policy::tenant_policy& made, const policy_context& with, context& at) {
    const node* section = document.find("downgrade");
    if (section == nullptr) return;
    const node* to = section->find("to");
    if (made.downgrade_accepted && made.downgrade_to.empty())
        at.error(*section, "`accepted` needs `to`: the model that each tier goes down to");
    if (!made.downgrade_accepted && !made.downgrade_to.empty())
        at.warn(*section, "nothing is downgraded while `accepted` is not true");
    for (const auto& [tier, alias] : made.downgrade_to) {
        const node& where = to != nullptr ? place_of(*to, tier) : *section;
        if (!has_tier(with.models, tier)) at.error(where, unknown_tier(with.models, tier));
        check_target(where, alias, made, with, at);
    }
}

void check_retries(const node& document, const policy::tenant_policy& made, context& at) {
    if (made.retries && made.retries->block_ms_max < made.retries->block_ms)
        at.error(place_of(document, "retry_guard"), "`block_max` must not be below `block`");
}

void check_names(const node& document, const policy::tenant_policy& made, const policy_context& with, context& at) {
    for (const std::string& name : made.fallback.providers)
        if (!with.models.providers.contains(name))
            at.warn(place_of(document, "fallback"), "the catalogue has no provider `" + name + "`: it is never used");
    for (const policy::limit& limit : made.limits)
        for (const auto& [which, value] : limit.match) {
            const bool unknown_model = which == dimension::model && with.models.find(value) == nullptr;
            const bool unknown_tier_name = which == dimension::tier && !has_tier(with.models, value);
            const bool unknown_provider = which == dimension::provider && !with.models.providers.contains(value);
            if (unknown_model || unknown_tier_name || unknown_provider)
                at.error(place_of(document, "limits"), "the limit `" + limit.name + "` matches the " +
                                                           std::string(name_of(which)) + " `" + value +
                                                           "`, which the catalogue does not have");
        }
}

}

void check_policy(const node& document, const policy_entry& read, const policy_context& with, context& at) {
    check_tiers(document, read.made, with, at);
    check_amounts(document, read.made, at);
    check_downgrade(document, read.made, with, at);
    check_retries(document, read.made, at);
    check_names(document, read.made, with, at);
}

}
