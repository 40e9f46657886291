// Action names, downgrade targets and alert levels of a policy.
#include "policy_fields.hpp"

namespace tollgate::config {

namespace {

constexpr std::string_view steps_help =
    "one step or steps joined by _then_, from notify, confirm, downgrade, throttle, fail_closed";

std::optional<policy::action_chain> read_action(node& value, context& at) {
    if (value.what != node::kind::scalar) {
        at.error(value, "must be " + std::string(steps_help));
        return std::nullopt;
    }
    auto chain = policy::parse_action(value.text);
    if (chain) return chain;
    if (policy::parse_action(value.text + "_then_fail_closed"))
        at.error(value, "`" + value.shown() + "` can end without refusing or serving; write `" + value.shown() +
                            "_then_fail_closed`");
    else
        at.error(value,
                 "`" + value.shown() + "` is not " + std::string(steps_help) + ", each once, nothing after a refusal");
    return std::nullopt;
}

}

void read_over_limit_action(node& value, policy_entry& into, context& at) {
    if (auto chain = read_action(value, at)) into.made.over_limit = std::move(*chain);
}

void read_limit_action(node& value, limit_entry& into, context& at) {
    into.has_action = true;
    if (auto chain = read_action(value, at)) into.made.actions = std::move(*chain);
}

// A soft limit never refuses: a downgrade that finds no model serves as asked, and says so.
void read_soft_limit_action(node& value, policy_entry& into, context& at) {
    using policy::action;
    const bool only_downgrade = value.what == node::kind::scalar && value.text == "downgrade";
    auto chain = only_downgrade ? policy::action_chain{action::downgrade, action::notify} : policy::action_chain();
    if (!only_downgrade) {
        auto read = read_action(value, at);
        if (!read) return;
        chain = std::move(*read);
    }
    const auto refuses = [](action step) { return step == action::throttle || step == action::fail_closed; };
    if (std::ranges::any_of(chain, refuses))
        return at.error(value, "a soft limit never refuses: use notify, downgrade or confirm");
    into.made.soft_limit = std::move(chain);
}

void read_downgrade_targets(node& value, policy::tenant_policy& into, context& at) {
    if (!is_map(value, at)) return;
    for (node::member& entry : value.members) {
        if (entry.value.what == node::kind::null)
            refuse_empty(value, entry, at);
        else if (auto alias = read_id(entry.value, at))
            into.downgrade_to[entry.key] = std::move(*alias);
    }
}

void read_alert_levels(node& value, policy::tenant_policy& into, context& at) {
    if (value.what != node::kind::list) return at.error(value, "must be a list of shares, such as [0.5, 0.8, 1.0]");
    if (value.items.size() > 16) return at.error(value, "more than 16 levels");
    into.alert_levels_permille.clear();
    for (node& item : value.items) {
        const auto level = read_permille<10'000>(item, at);
        if (!level) continue;
        const bool ascends = into.alert_levels_permille.empty() || into.alert_levels_permille.back() < *level;
        if (*level == 0 || !ascends)
            at.error(item, "levels must be above zero and ascending");
        else
            into.alert_levels_permille.push_back(*level);
    }
}

std::optional<std::string> read_tenant_id(node& value, context& at) {
    auto id = read_id(value, at);
    if (id && id->find('/') != std::string::npos) { // it stands in the paths of the admin interface
        at.error(value, "a tenant id must not hold `/`");
        return std::nullopt;
    }
    return id;
}

}
