// The files in config/: they load, they say what the defaults are, and the schemas describe what the loader takes.
#include "support.hpp"

#include <tollgate/config/catalog_file.hpp>
#include <tollgate/config/key_tables.hpp>

#include <nlohmann/json.hpp>

#include <set>

namespace tollgate::config {
namespace {

using json = nlohmann::json;

const load_options seed_day{.now = instant::from_seconds(1'795'400'000)}; // 2026-11-23

std::string text_of(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

json schema(std::string_view name) {
    return json::parse(text_of(test::shipped("schema/" + std::string(name) + ".schema.json")));
}

const loaded& shipped() {
    static const auto got = load(test::shipped("tollgate.yaml"), seed_day);
    EXPECT_TRUE(got.has_value()) << (got ? "" : to_text(got.error().front()));
    return *got;
}

TEST(shipped, the_configuration_loads_without_any_environment_variable) {
    EXPECT_EQ(shipped().counts.templates, 5u);
    EXPECT_GE(shipped().counts.models, 20u);
    for (const problem& one : shipped().warnings)
        EXPECT_TRUE(one.message.find("api_key") != std::string::npos ||
                    one.message.find("admin.token") != std::string::npos)
            << to_text(one);
}

TEST(shipped, the_main_file_shows_every_setting_with_its_default) {
    std::vector<problem> problems, warnings;
    context at{problems, warnings};
    references nothing = test::known_references();
    nothing.variable = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
    const std::string file = "tollgate.yaml", text = text_of(test::shipped(file));
    auto tree = parse_document(file, text, test::roomy, nothing, problems);
    ASSERT_TRUE(tree && problems.empty());

    for (const key_table& table : key_tables()) {
        if (table.schema != "tollgate" || table.pointer.starts_with("/$defs/")) continue; // of lists, empty here
        const node* section = &*tree;
        for (std::string_view path = table.pointer; !path.empty();) {
            path.remove_prefix(std::string_view("/properties/").size());
            const auto end = std::min(path.find('/'), path.size());
            section = section->find(path.substr(0, end));
            ASSERT_NE(section, nullptr) << table.pointer;
            path.remove_prefix(end);
        }
        for (const std::string_view key : table.names)
            EXPECT_NE(section->find(key), nullptr) << table.pointer << " " << key;
    }

    settings read;
    read_settings(*tree, read, at);
    ASSERT_TRUE(problems.empty()) << to_text(problems.front());
    const settings fresh;
    EXPECT_EQ(read.server.listen, fresh.server.listen);
    EXPECT_EQ(read.server.threads, fresh.server.threads);
    EXPECT_EQ(read.server.tls.cert, fresh.server.tls.cert);
    EXPECT_EQ(read.server.trusted_proxies, fresh.server.trusted_proxies);
    EXPECT_EQ(read.server.proxy_protocol, fresh.server.proxy_protocol);
    EXPECT_EQ(read.server.body_bytes_max, fresh.server.body_bytes_max);
    EXPECT_EQ(read.server.connections_max, fresh.server.connections_max);
    EXPECT_EQ(read.server.head_timeout_ms, fresh.server.head_timeout_ms);
    EXPECT_EQ(read.server.body_timeout_ms, fresh.server.body_timeout_ms);
    EXPECT_EQ(read.server.idle_timeout_ms, fresh.server.idle_timeout_ms);
    EXPECT_EQ(read.server.write_timeout_ms, fresh.server.write_timeout_ms);
    EXPECT_EQ(read.server.tls_handshake_timeout_ms, fresh.server.tls_handshake_timeout_ms);
    EXPECT_EQ(read.server.request_timeout_ms, fresh.server.request_timeout_ms);
    EXPECT_EQ(read.server.drain_timeout_ms, fresh.server.drain_timeout_ms);
    EXPECT_EQ(read.admin.listen, fresh.admin.listen);
    EXPECT_EQ(read.admin.token, fresh.admin.token);
    EXPECT_EQ(read.store.url, fresh.store.url);
    EXPECT_EQ(read.store.migrate, fresh.store.migrate);
    EXPECT_EQ(read.store.connections, fresh.store.connections);
    EXPECT_EQ(read.keys.pepper, fresh.keys.pepper);
    EXPECT_EQ(read.keys.prefix, fresh.keys.prefix);
    EXPECT_EQ(read.keys.rotate_grace_ms, fresh.keys.rotate_grace_ms);
    EXPECT_EQ(read.log.level, fresh.log.level);
    EXPECT_EQ(read.log.requests, fresh.log.requests);
    EXPECT_EQ(read.alerts.timeout_ms, fresh.alerts.timeout_ms);
    EXPECT_EQ(read.files.catalog, fresh.files.catalog);
    EXPECT_EQ(read.files.prices, fresh.files.prices);
    EXPECT_EQ(read.files.policies, fresh.files.policies);
    EXPECT_EQ(read.state_dir, fresh.state_dir);
}

TEST(shipped, every_model_of_the_catalogue_has_a_price) {
    for (const auto& [alias, model] : shipped().catalog->models)
        EXPECT_NE(model->routes.front().price_at(seed_day.now), nullptr) << alias;
}

TEST(shipped, prices_changed_on_their_date) {
    const auto& catalog = *shipped().catalog;
    const auto before = parse_rfc3339("2026-07-29T23:59:59Z"), after = parse_rfc3339("2026-07-30");
    EXPECT_EQ(catalog.price_of("openai", "gpt-5.6-luna", *before)->rates.input, 1'000'000'000);
    EXPECT_EQ(catalog.price_of("openai", "gpt-5.6-luna", *after)->rates.input, 200'000'000);
    const price& sol = *catalog.price_of("openai", "gpt-5.6-sol", seed_day.now);
    ASSERT_TRUE(sol.long_tier);
    EXPECT_EQ(sol.long_tier->above_tokens, 272'000);
    EXPECT_EQ(sol.long_tier->rates.output, 30'000'000'000);
    EXPECT_EQ(sol.rates.cache_write, 5'000'000'000);
    EXPECT_EQ(catalog.price_of("openai", "gpt-5-mini-2025-08-07", seed_day.now)->rates.output, 2'000'000'000);
}

TEST(shipped, the_example_tenant_is_the_plain_object) {
    zone_files zones;
    const policy_context with{*shipped().catalog, *shipped().templates, zones, seed_day.now};
    const auto object = parse_policy("seed.json", test::seed_policy, with);
    ASSERT_TRUE(object.has_value());
    EXPECT_EQ(shipped().policies->find("tenant_123")->hash, object->policy->hash);
}

TEST(shipped, a_policy_with_every_optional_field_loads_over_the_shipped_files) {
    zone_files zones;
    const policy_context with{*shipped().catalog, *shipped().templates, zones, seed_day.now};
    const auto made = parse_policy(
        "x.yaml", std::string(test::seed_policy).substr(0, std::string(test::seed_policy).size() - 1) + R"(,
  "extends": "usage-based-paid", "name": "Acme", "status": "active", "timezone": "UTC", "mode": "enforce",
  "soft_limit_action": "notify",
  "downgrade": {"accepted": true, "to": {"premium": "gpt-5-mini", "standard": "gpt-5-nano"}},
  "limits": [{"name": "support-month", "match": {"feature": "support"}, "cost_usd": 200, "window": "month"},
             {"name": "agent-rpm", "per": "agent", "requests": 60, "window": "minute"},
             {"name": "one-request", "per_request_usd": 1.50}],
  "retry_guard": {"same_request": 5, "refusals": 10, "within": "60s", "block": "30s", "block_max": "15m"},
  "fallback": {"max_attempts": 2, "providers": ["openai", "azure-eu"], "price_increase_max": 1.25},
  "output": {"default_max_tokens": 4096, "clamp_to_budget": false},
  "usage_unknown": "charge_estimate", "refusal_profile": "default",
  "alerts": {"levels": [0.5, 0.8, 0.9, 1.0], "webhooks": ["https://..."]}})",
        with);
    ASSERT_TRUE(made.has_value()) << to_text(made.error().front());
    EXPECT_EQ(made->policy->downgrade_to.at("premium"), "gpt-5-mini");
    EXPECT_FALSE(made->policy->clamp_to_budget);
    EXPECT_EQ(parse_remembered_policy("v", made->canonical, zones).value()->hash, made->policy->hash);
}

TEST(shipped, every_template_makes_the_policy_that_its_name_promises) {
    zone_files zones;
    const policy_context with{*shipped().catalog, *shipped().templates, zones, seed_day.now};
    const auto read = [&](const std::string& name) {
        const auto made = parse_policy("x.yaml", "tenant_id: t\npolicy_version: v\nextends: " + name + "\n", with);
        EXPECT_TRUE(made.has_value()) << name << (made ? "" : to_text(made.error().front()));
        return made->policy;
    };
    const auto trial = read("free-trial");
    EXPECT_EQ(trial->allowed_tiers, std::vector<std::string>{"economy"});
    EXPECT_EQ(trial->over_limit, policy::action_chain{policy::action::fail_closed});
    EXPECT_EQ(trial->fallback.attempts_max, 1);
    const auto paid = read("usage-based-paid");
    EXPECT_EQ(paid->prepaid_opening, usd_nano(0));
    EXPECT_EQ(paid->credit_limit, usd_nano(0));
    const auto enterprise = read("enterprise-workspace");
    EXPECT_LT(*enterprise->monthly_budget, *enterprise->hard_stop);
    const auto features = std::ranges::count_if(enterprise->limits, [](const policy::limit& one) {
        return one.match.size() == 1 && one.match[0].first == dimension::feature && one.what == policy::measure::cost;
    });
    EXPECT_EQ(features, 3);
    const auto agent = read("autonomous-agent");
    EXPECT_TRUE(agent->retries.has_value());
    EXPECT_TRUE(std::ranges::any_of(agent->limits, [](const policy::limit& one) {
        return one.per == std::vector{dimension::agent} && one.what == policy::measure::requests &&
               one.span == window::minute;
    }));
    const auto outage = read("provider-outage");
    EXPECT_GE(outage->fallback.attempts_max, 2);
    EXPECT_FALSE(outage->fallback.providers.empty());
    EXPECT_FALSE(outage->allowed_tiers.empty());
}

// What the store remembers of a version is read back as the same policy, whatever became of the catalogue.
TEST(shipped, a_remembered_policy_is_the_one_that_was_in_force) {
    const loaded& got = shipped();
    zone_files zones;
    ASSERT_FALSE(got.sources.empty());
    for (const auto& [tenant, source] : got.sources) {
        const auto again = parse_remembered_policy("v1", source.canonical, zones);
        ASSERT_TRUE(again.has_value()) << to_text(again.error().front());
        EXPECT_EQ((*again)->hash, got.policies->find(tenant)->hash);
        EXPECT_EQ((*again)->downgrade_to, got.policies->find(tenant)->downgrade_to);
    }
    EXPECT_FALSE(parse_remembered_policy("v1", "", zones).has_value());
    EXPECT_FALSE(parse_remembered_policy("v1", "{\"tenant_id\":3", zones).has_value());
}

TEST(shipped, every_file_names_its_schema_in_its_first_line) {
    for (const char* name : {"tollgate", "catalog", "prices"})
        EXPECT_TRUE(text_of(test::shipped(std::string(name) + ".yaml"))
                        .starts_with("# yaml-language-server: $schema=schema/" + std::string(name) + ".schema.json\n"));
    for (const auto& [folder, up] : {std::pair("policies", "../"), std::pair("policies/templates", "../../")})
        for (const auto& entry : std::filesystem::directory_iterator(test::shipped(folder)))
            if (entry.path().extension() == ".yaml")
                EXPECT_TRUE(text_of(entry.path().string())
                                .starts_with("# yaml-language-server: $schema=" + std::string(up) +
                                             "schema/policy.schema.json\n"))
                    << entry.path();
}

// Pointers of all places in a schema that hold `member`, those inside the list of properties themselves left out.
void places(const json& at, const std::string& pointer, const char* member, std::set<std::string>& found) {
    if (at.is_array()) {
        for (std::size_t i = 0; i < at.size(); ++i) places(at[i], pointer + "/" + std::to_string(i), member, found);
    }
    if (!at.is_object()) return;
    const bool names_properties = pointer.ends_with("/properties");
    if (at.contains(member) && !names_properties) found.insert(pointer);
    for (const auto& [key, below] : at.items()) places(below, pointer + "/" + key, member, found);
}

TEST(schemas, list_exactly_the_keys_that_the_loader_takes) {
    std::map<std::string, std::set<std::string>> covered;
    for (const key_table& table : key_tables()) {
        SCOPED_TRACE(std::string(table.schema) + table.pointer.data());
        const json whole = schema(table.schema);
        const json& object = whole.at(json::json_pointer(std::string(table.pointer)));
        std::set<std::string> in_schema, in_loader(table.names.begin(), table.names.end());
        for (const auto& [key, ignored] : object.at("properties").items()) in_schema.insert(key);
        EXPECT_EQ(in_schema, in_loader);
        EXPECT_EQ(object.at("additionalProperties"), false);
        covered[std::string(table.schema)].insert(std::string(table.pointer));
    }
    for (const auto& [name, tables] : covered) {
        std::set<std::string> objects;
        places(schema(name), "", "properties", objects);
        EXPECT_EQ(objects, tables) << name;
    }
    EXPECT_EQ(covered.size(), 4u);
}

TEST(schemas, list_exactly_the_choices_that_the_loader_takes) {
    std::map<std::string, std::set<std::string>> covered{
        {"tollgate", {}}, {"catalog", {}}, {"prices", {}}, {"policy", {}}};
    for (const key_table& table : choice_tables()) {
        SCOPED_TRACE(std::string(table.schema) + table.pointer.data());
        const json whole = schema(table.schema);
        const json& choices = whole.at(json::json_pointer(std::string(table.pointer))).at("enum");
        const std::set<std::string> in_schema(choices.begin(), choices.end());
        EXPECT_EQ(in_schema, std::set<std::string>(table.names.begin(), table.names.end()));
        covered[std::string(table.schema)].insert(std::string(table.pointer));
    }
    for (const auto& [name, tables] : covered) {
        std::set<std::string> enums;
        places(schema(name), "", "enum", enums);
        EXPECT_EQ(enums, tables) << name;
    }
}

}
}
