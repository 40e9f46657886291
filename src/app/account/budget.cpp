// GET /v1/account/budget
#include "viewer.hpp"
#include <tollgate/app/budget_view.hpp>
#include <tollgate/app/query.hpp>

#include <tollgate/app/account.hpp>
#include <tollgate/app/respond.hpp>

#include <array>

namespace tollgate::app {

namespace {

struct open_tag {
    std::string_view name;
    std::string attribution::* value;
};
constexpr open_tag open_tags[] = {
    {"workspace", &attribution::workspace},
    {"feature", &attribution::feature},
    {"agent", &attribution::agent},
    {"end_user", &attribution::end_user},
    {"session", &attribution::session},
    {"model", &attribution::model},
    {"tier", &attribution::tier},
    {"provider", &attribution::provider},
    {"environment", &attribution::environment},
    {"request_class", &attribution::request_class},
};

// What the key leaves open may be named, as a request would; what it pins stays.
std::optional<refusal> read_tags(std::string_view query, attribution& who) {
    std::array<std::string_view, std::size(open_tags)> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = open_tags[i].name;
    const auto asked = parameters::read(query, names);
    if (!asked) return asked.error();
    for (const open_tag& tag : open_tags) {
        std::string& value = who.*tag.value;
        if (value.empty()) value = asked->find(tag.name).value_or("");
    }
    return std::nullopt;
}

}

store_result<budget_figures> read_budget(store::account_store& store, const policy::tenant_policy& policy,
                                         const policy::facts& about) {
    const auto now = store.now();
    if (!now) return std::unexpected(now.error());
    budget_figures out;
    out.now = *now;
    out.limits = visible_limits(policy, about, *now);
    out.month = {about.who.tenant, "tenant", window::month, window_start(window::month, *now, *policy.zone)};
    std::vector<ledger::counter_key> keys{out.month};
    for (const visible_limit& each : out.limits) keys.push_back(each.counter);
    const auto counters = store.counters(keys);
    if (!counters) return std::unexpected(counters.error());
    out.counters.insert(counters->begin(), counters->end());
    auto balance = store.balance(about.who.tenant);
    if (!balance) return std::unexpected(balance.error());
    out.balance = std::move(*balance);
    return out;
}

task<> account_budget(services& use, ports::exchange& x) {
    viewer who = co_await identify_viewer(use, x);
    if (!who.objection) who.objection = read_tags(x.query(), who.facts.who);
    if (who.objection) {
        co_await send_refusal(x, *who.objection, who.id);
        co_return;
    }
    auto read = [policy = who.policy, about = who.facts](store::account_store& store) {
        return read_budget(store, *policy, about);
    };
    const auto figures = co_await use.accounts.run(use.on, std::move(read));
    if (!figures) {
        const refusal why = view_failure(figures.error());
        co_await send_refusal(x, why, who.id);
        co_return;
    }
    const std::string body = budget_json(*figures, *who.policy, who.facts);
    co_await send_view(x, who, body);
}

}
