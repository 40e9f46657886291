// tollgate keys ...
#include "definitions.hpp"
#include "json.hpp"
#include "key_desk.hpp"
#include "policies.hpp"

#include <tollgate/cli/progress.hpp>
#include <tollgate/cli/table.hpp>
#include <tollgate/config/reader.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <iterator>
#include <memory>

namespace tollgate::cli {

namespace {

json to_json(const keys::issued_key& made, instant now) {
    json out{{"secret", made.secret}};
    out.update(json::parse(keys::describe(made.row, now)));
    return out;
}

// ---- create ----

struct create_options {
    keys::key_request asked;
    std::string expires;
    std::vector<std::string> models;
    std::size_t count = 1;
};

std::string no_policy(const std::string& tenant, const config::settings& settings) {
    return "tenant " + tenant + " has no policy in " + settings.files.policies + ".\nAdd one as " +
           settings.files.policies + "/" + tenant + ".yaml:\n\n  tenant_id: " + tenant +
           "\n  policy_version: 1\n  extends: usage-based-paid\n  monthly_budget_usd: 100\n\n"
           "and look at it with `tollgate check`.";
}

status may_have_key(const keys::key_request& asked, const config::loaded& all, store::database& database) {
    const auto known = has_policy(asked.tenant, all, database);
    if (!known) return std::unexpected(known.error());
    if (!*known) return refuse(no_policy(asked.tenant, all.settings));
    for (const std::string& model : asked.models)
        if (all.catalog->find(model) == nullptr)
            return refuse("model " + model + " is not in " + all.settings.files.catalog +
                          ".\n--models takes the names that clients ask for.");
    return {};
}

constexpr std::size_t keys_a_transaction = 100;

result<std::vector<keys::issued_key>> create_some(const create_options& given, std::size_t count,
                                                  keys::key_admin& admin, const context& at) {
    std::vector<keys::issued_key> made;
    while (made.size() < count) {
        auto one = admin.create(given.asked, at.world.actor);
        if (!one) return std::unexpected(one.error());
        made.push_back(std::move(*one));
    }
    return made;
}

outcome_of<std::vector<keys::issued_key>> issue(const create_options& given, key_desk& desk, const context& at) {
    std::vector<keys::issued_key> made;
    progress bar(at.world.err, at.world.err_is_terminal && given.count > 1, "making keys");
    while (made.size() < given.count) {
        const std::size_t count = std::min(given.count - made.size(), keys_a_transaction);
        auto some = desk.change([&](keys::key_admin& admin) { return create_some(given, count, admin, at); });
        if (!some) return key_failed(some.error());
        std::ranges::move(*some, std::back_inserter(made));
        bar.at(made.size(), given.count);
    }
    return made;
}

void print(const std::vector<keys::issued_key>& made, bool as_list, const context& at) {
    const instant now = at.world.now();
    if (at.json) {
        json out = json::array();
        for (const keys::issued_key& each : made) out.push_back(to_json(each, now));
        return cli::print(at.world.out, as_list ? out : out.front());
    }
    for (const keys::issued_key& each : made) at.world.out << each.secret << '\n';
    if (as_list) return;
    at.world.err << made.front().row.id << " of tenant " << made.front().row.tenant
                 << "; the secret is shown this once\n";
}

std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

status create(create_options given, bool as_list, const context& at) {
    const auto all = load_all(at);
    if (!all) return std::unexpected(all.error());
    if (!given.expires.empty()) given.asked.expires = parse_rfc3339(given.expires);
    for (const std::string& model : given.models) given.asked.models.push_back(trimmed(model)); // "a, b"
    auto desk = open_key_desk(all->settings, at);
    if (!desk) return std::unexpected(desk.error());
    if (auto may = may_have_key(given.asked, *all, desk->database()); !may) return may;
    const auto made = issue(given, *desk, at);
    if (!made) return std::unexpected(made.error());
    print(*made, as_list, at);
    return {};
}

// ---- list ----

std::string pins_of(const store::key_row& row) {
    std::string text;
    const std::pair<const char*, const std::string*> pins[] = {{"workspace", &row.workspace},
                                                               {"feature", &row.feature},
                                                               {"agent", &row.agent},
                                                               {"environment", &row.environment}};
    for (const auto& [name, value] : pins)
        if (!value->empty()) text += (text.empty() ? "" : " ") + std::string(name) + "=" + *value;
    std::string models;
    for (const std::string& model : row.models) models += (models.empty() ? "" : ",") + model;
    if (!models.empty()) text += (text.empty() ? "models=" : " models=") + models;
    return text;
}

status list(const tenant_id& tenant, const context& at) {
    auto desk = open_key_desk(at);
    if (!desk) return std::unexpected(desk.error());
    const auto rows = desk->admin().list(tenant.empty() ? std::nullopt : std::optional(tenant));
    if (!rows) return key_failed(rows.error());
    const instant now = at.world.now();
    json out = json::array();
    table shown({{"id"}, {"tenant"}, {"secret"}, {"state"}, {"label"}, {"created"}, {"expires"}, {"pins"}});
    for (const store::key_row& row : *rows) {
        if (at.json)
            out.push_back(json::parse(keys::describe(row, now)));
        else
            shown.add({row.id, row.tenant, "..." + row.hint, std::string(keys::state_of(row, now)), row.label,
                       to_rfc3339(row.created), or_empty(row.expires), pins_of(row)});
    }
    if (at.json)
        cli::print(at.world.out, out);
    else if (shown.empty())
        at.world.out << "no keys\n";
    else
        at.world.out << shown.text();
    return {};
}

// ---- revoke, rotate ----

status revoke(const key_id& id, const context& at) {
    auto desk = open_key_desk(at);
    if (!desk) return std::unexpected(desk.error());
    const auto row = desk->change([&](keys::key_admin& admin) { return admin.revoke(id, at.world.actor); });
    if (!row) return key_failed(row.error());
    if (at.json)
        cli::print(at.world.out, json::parse(keys::describe(*row, at.world.now())));
    else
        at.world.out << row->id << " of tenant " << row->tenant << " is revoked since " << or_empty(row->revoked)
                     << '\n';
    return {};
}

struct rotate_options {
    key_id id;
    std::string grace; // empty: as configured
};

outcome_of<std::uint32_t> grace_ms(const std::string& text, const config::settings& settings) {
    if (text.empty()) return settings.keys.rotate_grace_ms;
    config::node value;
    value.what = config::node::kind::scalar;
    value.text = text;
    std::vector<config::problem> problems, warnings;
    config::context reading{problems, warnings};
    const auto read = config::read_duration(value, 0, limits::rotate_grace_ms_max, reading);
    if (!read) return misuse("--grace: " + (problems.empty() ? "not a duration" : problems.front().message));
    return *read;
}

status rotate(const rotate_options& given, const context& at) {
    const auto settings = read_settings(at);
    if (!settings) return std::unexpected(settings.error());
    const auto grace = grace_ms(given.grace, *settings);
    if (!grace) return std::unexpected(grace.error());
    auto desk = open_key_desk(*settings, at);
    if (!desk) return std::unexpected(desk.error());
    const auto made =
        desk->change([&](keys::key_admin& admin) { return admin.rotate(given.id, *grace, at.world.actor); });
    if (!made) return key_failed(made.error());
    if (at.json) {
        json out = to_json(*made, at.world.now());
        out["replaces"] = given.id;
        cli::print(at.world.out, out);
        return {};
    }
    at.world.out << made->secret << '\n';
    at.world.err << made->row.id << " replaces " << given.id << ", which works for another " << *grace / 1000
                 << " s; the secret is shown this once\n";
    return {};
}

option add_key_id(option_list& options, key_id& into) {
    return options.add("key,--key,--id", into, "The key's id (key_...), not its secret").required();
}

}

action define_keys_create(option_list& options) {
    auto given = std::make_shared<create_options>();
    keys::key_request& asked = given->asked;
    options.add("--tenant", asked.tenant, "Whose key; must have a policy").required();
    options.add("--workspace", asked.workspace, "Pin the workspace");
    options.add("--agent", asked.agent, "Pin the agent");
    options.add("--feature", asked.feature, "Pin the feature");
    options.add("--environment", asked.environment, "Pin the environment");
    options.add("--label", asked.label, "A name for people");
    options.add("--expires", given->expires, "When it stops working").time();
    options.add("--models", given->models, "Only these models: a,b").comma_separated();
    const option count = options.add("--count", given->count, "Make several alike, one secret a line")
                             .between(std::size_t{1}, limits::keys_per_command_max);
    return [given, count](const context& at) { return create(*given, count.given(), at); };
}

action define_keys_list(option_list& options) {
    auto tenant = std::make_shared<tenant_id>();
    options.add("--tenant", *tenant, "Only this tenant's");
    return [tenant](const context& at) { return list(*tenant, at); };
}

action define_keys_revoke(option_list& options) {
    auto id = std::make_shared<key_id>();
    add_key_id(options, *id);
    return [id](const context& at) { return revoke(*id, at); };
}

action define_keys_rotate(option_list& options) {
    auto given = std::make_shared<rotate_options>();
    add_key_id(options, given->id);
    options.add("--grace", given->grace, "How long the old key works on: 24h, 30m, 0s (keys.rotate_grace)");
    return [given](const context& at) { return rotate(*given, at); };
}

}
