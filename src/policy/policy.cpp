// Names of a policy's choices, and questions that several rules ask.
#include <tollgate/policy/policy.hpp>

#include <tollgate/core/assert.hpp>

#include <algorithm>

namespace tollgate::policy {

namespace {

constexpr action all_actions[] = {action::notify, action::confirm, action::downgrade, action::throttle,
                                  action::fail_closed};
constexpr std::string_view joint = "_then_";

std::optional<action> parse_step(std::string_view name) {
    const auto found = std::ranges::find(all_actions, name, [](action step) { return name_of(step); });
    if (found == std::end(all_actions)) return std::nullopt;
    return *found;
}

// Nothing runs after a refusal.
bool refuses(action step) { return step == action::throttle || step == action::fail_closed; }

// A downgrade may find no model, so it cannot be the last word. Every other step refuses, asks or serves.
bool is_complete(const action_chain& chain) {
    if (chain.empty() || chain.back() == action::downgrade) return false;
    return std::none_of(chain.begin(), chain.end() - 1, refuses);
}

}

std::string_view name_of(action step) {
    switch (step) {
    case action::notify: return "notify";
    case action::confirm: return "confirm";
    case action::downgrade: return "downgrade";
    case action::throttle: return "throttle";
    case action::fail_closed: return "fail_closed";
    }
    TG_ASSERT(false);
}

std::string_view name_of(measure what) {
    switch (what) {
    case measure::cost: return "cost";
    case measure::tokens: return "tokens";
    case measure::requests: return "requests";
    case measure::concurrency: return "concurrency";
    }
    TG_ASSERT(false);
}

std::optional<action_chain> parse_action(std::string_view text) {
    action_chain chain;
    while (true) {
        const auto end = text.find(joint);
        const auto step = parse_step(text.substr(0, end));
        if (!step || std::ranges::find(chain, *step) != chain.end()) return std::nullopt;
        chain.push_back(*step);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + joint.size());
    }
    if (!is_complete(chain)) return std::nullopt;
    return chain;
}

std::string name_of(const action_chain& chain) {
    std::string text;
    for (const action step : chain) {
        if (!text.empty()) text.append(joint);
        text.append(name_of(step));
    }
    return text;
}

bool tenant_policy::limits_money() const {
    const bool whole = monthly_budget || hard_stop || daily_soft_limit || prepaid_opening || per_request_max;
    return whole || std::ranges::any_of(limits, [](const limit& one) { return one.what == measure::cost; });
}

const tenant_policy* policy_set::find(std::string_view tenant) const {
    const auto at = tenants.find(std::string(tenant));
    return at == tenants.end() ? nullptr : at->second.get();
}

}
