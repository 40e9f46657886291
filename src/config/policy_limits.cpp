// `limits` of a policy: each names exactly one measure.
#include "policy_fields.hpp"

#include <set>

namespace tollgate::config {

namespace {

int measures_of(const limit_entry& entry) {
    return entry.cost.has_value() + entry.tokens.has_value() + entry.requests.has_value() +
           entry.concurrency.has_value() + entry.per_request.has_value();
}

bool has_measure_key(const node& item) {
    constexpr std::string_view keys[] = {"cost_usd", "tokens", "requests", "concurrency", "per_request_usd"};
    return std::ranges::any_of(keys, [&](std::string_view key) { return item.find(key) != nullptr; });
}

void choose_measure(limit_entry& entry) {
    using policy::measure;
    const auto take = [&](measure what, std::int64_t maximum) {
        entry.made.what = what;
        entry.made.maximum = maximum;
    };
    if (entry.cost) take(measure::cost, entry.cost->count());
    if (entry.tokens) take(measure::tokens, *entry.tokens);
    if (entry.requests) take(measure::requests, *entry.requests);
    if (entry.concurrency) take(measure::concurrency, *entry.concurrency);
}

// A limit that can be used, or problems.
bool check(const node& item, limit_entry& entry, context& at) {
    require(item, "name", at);
    const int measures = measures_of(entry);
    if (measures != 1) {
        const bool misread = measures == 0 && has_measure_key(item); // already reported
        if (!misread) at.error(item, "needs exactly one of cost_usd, tokens, requests, concurrency, per_request_usd");
        return false;
    }
    if (entry.per_request) {
        if (entry.has_window || entry.has_action || entry.has_scope)
            at.error(item, "`per_request_usd` bounds every request: it takes no window, action, match or per");
        return true;
    }
    choose_measure(entry);
    if (entry.concurrency) {
        if (entry.has_window) at.error(item, "`concurrency` takes no window");
        entry.made.span = window::total;
    } else if (!entry.has_window && item.find("window") == nullptr) {
        at.error(item, "`window` is missing: minute, hour, day, week, month or total");
    }
    return true;
}

void add(limit_entry entry, policy::tenant_policy& into) {
    if (!entry.per_request) {
        into.limits.push_back(std::move(entry.made));
    } else if (!into.per_request_max || *entry.per_request < *into.per_request_max) {
        into.per_request_max = entry.per_request;
        into.per_request_limit_name = entry.made.name;
    }
}

}

std::vector<std::string_view> dimension_names() {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < dimensions; ++i) names.push_back(name_of(static_cast<dimension>(i)));
    return names;
}

std::vector<std::string_view> window_names() {
    std::vector<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(window::total); ++i) names.push_back(name_of(static_cast<window>(i)));
    return names;
}

void read_limits(node& value, policy_entry& into, context& at) {
    if (value.what != node::kind::list) return at.error(value, "must be a list");
    if (value.items.size() > limits::policy_limits_max)
        return at.error(value, "more than " + std::to_string(limits::policy_limits_max) + " limits");
    std::set<std::string> names;
    for (node& item : value.items) {
        if (item.what == node::kind::null) at.error(item, "an empty limit");
        if (!is_map(item, at)) continue;
        limit_entry entry;
        read_object(item, limit_fields, entry, at);
        if (!entry.made.name.empty() && !names.insert(entry.made.name).second)
            at.error(item, "the limit `" + entry.made.name + "` appears twice");
        if (check(item, entry, at)) add(std::move(entry), into.made);
    }
}

void read_match(node& value, limit_entry& into, context& at) {
    into.has_scope = true;
    if (!is_map(value, at)) return;
    if (value.members.empty()) at.error(value, "matches nothing; leave `match` out to match everything");
    for (node::member& entry : value.members) {
        const auto which = parse_dimension(entry.key);
        if (!which)
            refuse_unknown(value, entry, dimension_names(), at);
        else if (entry.value.what == node::kind::null)
            refuse_empty(value, entry, at);
        else if (auto name = read_name(entry.value, at))
            into.made.match.emplace_back(*which, std::move(*name));
    }
    std::ranges::sort(into.made.match);
}

void read_per(node& value, limit_entry& into, context& at) {
    into.has_scope = true;
    const auto add_one = [&](node& item) {
        const auto which = parse_dimension(item.text);
        if (item.what != node::kind::scalar || !which) return refuse_choice(item, dimension_names(), at);
        if (std::ranges::find(into.made.per, *which) != into.made.per.end())
            return at.error(item, "`" + item.text + "` appears twice");
        into.made.per.push_back(*which);
    };
    if (value.what == node::kind::list)
        std::ranges::for_each(value.items, add_one);
    else
        add_one(value);
    std::ranges::sort(into.made.per);
}

void read_window(node& value, limit_entry& into, context& at) {
    const auto span = value.what == node::kind::scalar ? parse_window(value.text) : std::nullopt;
    if (!span) return refuse_choice(value, window_names(), at);
    into.made.span = *span;
    into.has_window = true;
}

}
