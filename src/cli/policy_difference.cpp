// What changes between two policies, in an administrator's words.
#include "policy_difference.hpp"

#include <tollgate/config/node.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/core/money.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace tollgate::cli {

namespace {

using config::node;

// ---- a policy as paths and texts ----

const node* name_in(const node& one) { return one.what == node::kind::map ? one.find("name") : nullptr; }

void flatten(const node& tree, const std::string& path, policy_texts& out) {
    const std::string prefix = path.empty() ? "" : path + ".";
    switch (tree.what) {
    case node::kind::null: return;
    case node::kind::scalar: out[path] = {tree.text}; return;
    case node::kind::map:
        for (const node::member& each : tree.members) flatten(each.value, prefix + each.key, out);
        return;
    case node::kind::list:
        // Limits have names; everything else is a list of plain values.
        if (std::ranges::all_of(tree.items, [](const node& one) { return name_in(one) != nullptr; }) &&
            !tree.items.empty()) {
            for (const node& each : tree.items) flatten(each, prefix + name_in(each)->text, out);
            return;
        }
        std::vector<std::string>& values = out[path];
        for (const node& each : tree.items) values.push_back(each.text);
        return;
    }
}

std::string shown(const std::vector<std::string>& values) {
    std::string out;
    for (const std::string& each : values) out += (out.empty() ? "" : ", ") + each;
    return out.empty() ? "(empty)" : out;
}

// ---- what a change means ----

// Counts may pass what an amount of money can hold.
std::optional<std::strong_ordering> compare_numbers(const std::string& a, const std::string& b) {
    const auto digits = [](const std::string& text) {
        return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    };
    if (digits(a) && digits(b)) {
        if (a.size() != b.size()) return a.size() <=> b.size();
        return a.compare(b) <=> 0;
    }
    const auto left = parse_usd(a), right = parse_usd(b);
    if (!left || !right) return std::nullopt;
    return *left <=> *right;
}

// Fields whose figure bounds something. The last part of the path finds the row.
struct number_row {
    std::string_view field, lower, higher, set, removed;
};

constexpr std::string_view sooner = "requests may be refused sooner";
constexpr std::string_view later = "requests are refused later, if at all";

constexpr std::array number_rows{
    number_row{"monthly_budget_usd", "over_limit_action runs sooner: requests may be refused sooner",
               "over_limit_action runs later", "past it over_limit_action runs", "no monthly budget any more"},
    number_row{"hard_stop_usd", sooner, later, "past it nothing runs", "nothing stops spending in a month any more"},
    number_row{"daily_soft_limit_usd", "soft_limit_action runs sooner", "soft_limit_action runs later",
               "past it soft_limit_action runs", "no soft limit any more"},
    number_row{"prepaid_balance_usd", "only a tenant without an opening grant is credited it",
               "only a tenant without an opening grant is credited it",
               "requests need a prepaid balance now; this opening grant is credited once",
               "requests need no prepaid balance any more"},
    number_row{"credit_limit_usd", "a spent balance stops requests sooner", "a balance may go further below zero",
               "a balance may go below zero by this", "a balance may not go below zero any more"},
    number_row{"cost_usd", sooner, later, sooner, later},
    number_row{"tokens", sooner, later, sooner, later},
    number_row{"requests", sooner, later, sooner, later},
    number_row{"concurrency", "fewer requests may run at once", "more requests may run at once", sooner, later},
    number_row{"per_request_usd", "dear single requests are refused sooner", "dearer single requests may run",
               "dearer single requests are refused", "a single request may cost anything"},
    number_row{"default_max_tokens", "requests without a cap get shorter answers and hold less",
               "requests without a cap may get longer answers, and hold more", "", ""},
    number_row{"charge_multiplier", "customers are charged less", "customers are charged more", "", ""},
    number_row{"same_request", "repeated requests are blocked sooner", "repeated requests are blocked later", "", ""},
    number_row{"refusals", "callers that are refused again and again are blocked sooner",
               "callers that are refused again and again are blocked later", "", ""},
    number_row{"max_attempts", "fewer providers are tried", "more providers are tried", "", ""},
    number_row{"price_increase_max", "dearer providers take over less often", "dearer providers may take over", "", ""},
    number_row{"max_calls", "hosted tools may be called less often", "hosted tools may be called more often", "", ""},
};

// Fields whose change means the same whatever the values are.
struct word_row {
    std::string_view field, meaning;
};

constexpr std::array word_rows{
    word_row{"timezone", "days, weeks and months begin at other moments"},
    word_row{"over_limit_action", "past the monthly budget something else is done"},
    word_row{"soft_limit_action", "past the daily soft limit something else is done"},
    word_row{"action", "past this limit something else is done"},
    word_row{"window", "another counter is read: what was spent in the old window does not count"},
    word_row{"per", "other counters are read"},
    word_row{"match", "other requests meet this limit"},
    word_row{"usage_unknown", "requests whose usage nobody knows are charged differently"},
    word_row{"refusal_profile", "refusals for money have another status"},
    word_row{"providers", "other providers may take over"},
    word_row{"webhooks", "alerts go elsewhere"},
    word_row{"levels", "alerts are sent at other levels"},
    word_row{"clamp_to_budget", "whether answers are shortened to what a budget still affords"},
};

struct value_row {
    std::string_view field, after, meaning;
};

constexpr std::array value_rows{
    value_row{"mode", "shadow", "nothing is refused any more, only recorded"},
    value_row{"mode", "enforce", "what was only recorded is refused now"},
    value_row{"status", "active", "its keys work"},
    value_row{"status", "suspended", "all its requests are refused"},
    value_row{"status", "closed", "all its requests are refused"},
    value_row{"accepted", "true", "cheaper models may serve"},
    value_row{"accepted", "false", "no cheaper model serves any more"},
    value_row{"allow", "true", "hosted tools may be used"},
    value_row{"allow", "false", "hosted tools are refused"},
};

// ---- one change ----

std::string_view last_part(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

std::string meaning_of_number(const number_row& row, const policy_change& change) {
    if (!change.before) return std::string(row.set);
    if (!change.after) return std::string(row.removed);
    const auto order = compare_numbers(shown(*change.after), shown(*change.before));
    if (!order || *order == 0) return {};
    const bool lower = *order < 0;
    return (lower ? "lower: " : "higher: ") + std::string(lower ? row.lower : row.higher);
}

std::vector<std::string> only_in(const std::vector<std::string>& some, const std::vector<std::string>& others) {
    std::vector<std::string> out;
    for (const std::string& each : some)
        if (std::ranges::find(others, each) == others.end()) out.push_back(each);
    return out;
}

std::string meaning_of_list(const policy_change& change, std::string_view added, std::string_view gone) {
    static const std::vector<std::string> none;
    const auto& before = change.before ? *change.before : none;
    const auto& after = change.after ? *change.after : none;
    const auto fresh = only_in(after, before), lost = only_in(before, after);
    std::string out;
    if (!fresh.empty()) out = shown(fresh) + " " + std::string(added);
    if (!lost.empty()) out += (out.empty() ? "" : "; ") + shown(lost) + " " + std::string(gone);
    return out;
}

std::string meaning_of(const policy_change& change) {
    const std::string_view field = last_part(change.field);
    if (field == "allowed_model_tiers" && change.before && change.after)
        return meaning_of_list(change, "may be used now", "is refused now");
    if (field == "allowed_model_tiers")
        return change.after ? "models of other tiers are refused" : "every tier may be used";
    if (field == "blocked_features") return meaning_of_list(change, "is refused now", "may be used again");
    for (const number_row& row : number_rows)
        if (row.field == field) return meaning_of_number(row, change);
    if (change.after)
        for (const value_row& row : value_rows)
            if (row.field == field && shown(*change.after) == row.after) return std::string(row.meaning);
    if (change.field.starts_with("downgrade.to."))
        return "another model takes the place of those of tier " + std::string(field);
    for (const word_row& row : word_rows)
        if (row.field == field || change.field.find("." + std::string(row.field) + ".") != std::string::npos)
            return std::string(row.meaning);
    return {};
}

std::set<std::string> limits_in(const policy_texts& texts) {
    std::set<std::string> names;
    constexpr std::string_view prefix = "limits.", suffix = ".name";
    for (const auto& [path, values] : texts)
        if (path.starts_with(prefix) && path.ends_with(suffix) && path.size() > prefix.size() + suffix.size())
            names.insert(path.substr(0, path.size() - suffix.size()));
    return names;
}

// "cost_usd 200, match.feature support, window month"
std::vector<std::string> limit_text(const policy_texts& texts, const std::string& limit) {
    std::vector<std::string> parts;
    for (const auto& [path, values] : texts)
        if (path.starts_with(limit + ".") && path != limit + ".name")
            parts.push_back(path.substr(limit.size() + 1) + " " + shown(values));
    return parts;
}

const std::vector<std::string>* find(const policy_texts& texts, const std::string& path) {
    const auto at = texts.find(path);
    return at == texts.end() ? nullptr : &at->second;
}

std::optional<std::vector<std::string>> copy_of(const std::vector<std::string>* values) {
    return values ? std::optional(*values) : std::nullopt;
}

}

policy_texts policy_texts_of(const std::string& canonical) {
    policy_texts out;
    std::vector<config::problem> problems;
    const config::document_limits bounds{limits::policy_file_bytes_max, limits::policy_nodes_max};
    if (const auto tree = config::parse_document("policy", canonical, bounds, config::references::kept(), problems))
        flatten(*tree, "", out);
    return out;
}

std::vector<policy_change> policy_difference(const policy_texts& before, const policy_texts& after) {
    std::vector<policy_change> out;
    const auto old_limits = limits_in(before), new_limits = limits_in(after);
    const auto whole = [](const std::string& path, const std::set<std::string>& those) {
        return std::ranges::any_of(those, [&](const std::string& limit) { return path.starts_with(limit + "."); });
    };
    std::set<std::string> gone, fresh, paths;
    std::ranges::set_difference(old_limits, new_limits, std::inserter(gone, gone.end()));
    std::ranges::set_difference(new_limits, old_limits, std::inserter(fresh, fresh.end()));
    for (const policy_texts* texts : {&before, &after})
        for (const auto& [path, values] : *texts)
            if (!whole(path, gone) && !whole(path, fresh)) paths.insert(path);
    for (const std::string& path : paths) {
        policy_change change{path, copy_of(find(before, path)), copy_of(find(after, path)), {}};
        if (change.before == change.after) continue;
        change.meaning = meaning_of(change);
        out.push_back(std::move(change));
    }
    for (const std::string& limit : gone)
        out.push_back({limit, limit_text(before, limit), {}, "this limit refuses nothing any more"});
    for (const std::string& limit : fresh)
        out.push_back({limit, {}, limit_text(after, limit), "a new limit: requests may be refused by it"});
    return out;
}

std::string in_words(const policy_change& change) {
    const auto side = [](const auto& values) { return values ? shown(*values) : std::string("(not set)"); };
    std::string out = change.field + ": " + side(change.before) + " -> " + side(change.after);
    return change.meaning.empty() ? out : out + " (" + change.meaning + ")";
}

}
