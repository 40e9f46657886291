#include "support.hpp"

#include <tollgate/config/catalog_file.hpp>

namespace tollgate::config {
namespace {

using policy::action;
using test::reading;

// The catalogue of support.hpp, and templates when a test has some.
struct world {
    tollgate::catalog models;
    template_map templates;
    zone_files zones;

    world() {
        reading prices(test::small_prices), catalog(test::small_catalog);
        price_book book;
        read_prices(*prices.tree, book, prices.at);
        read_catalog(*catalog.tree, book, test::some_day, "", models, catalog.at);
    }
    policy_context with() { return {models, templates, zones, test::some_day}; }
};

struct read_result {
    reading from;
    read_policy_result made;
    explicit read_result(const std::string& text, world setting = {}) : from(text) {
        made = read_policy(std::move(*from.tree), setting.with(), from.at);
    }
    const policy::tenant_policy& policy() const { return *made.policy; }
};

const std::string head = "tenant_id: t\npolicy_version: v1\n";

// A document of one line more than the two that are required.
read_result with(const std::string& more) { return read_result(head + more); }

TEST(policy_file, the_plainest_object_loads_as_json_and_as_yaml_alike) {
    const read_result json(test::seed_policy);
    ASSERT_TRUE(json.from.errors.empty()) << json.from.all_errors();
    const policy::tenant_policy& p = json.policy();
    EXPECT_EQ(p.tenant, "tenant_123");
    EXPECT_EQ(p.version, "2026-06-tenant-budget-v1");
    EXPECT_EQ(p.monthly_budget, usd_nano(500'000'000'000));
    EXPECT_EQ(p.hard_stop, usd_nano(600'000'000'000));
    EXPECT_EQ(p.daily_soft_limit, usd_nano(35'000'000'000));
    EXPECT_EQ(p.prepaid_opening, usd_nano(120'000'000'000));
    EXPECT_EQ(p.allowed_tiers, (std::vector<std::string>{"standard", "economy"}));
    EXPECT_EQ(p.blocked_features, std::vector<std::string>{"bulk_enrichment"});
    EXPECT_EQ(p.over_limit, (policy::action_chain{action::downgrade, action::fail_closed}));
    EXPECT_EQ(p.soft_limit, policy::action_chain{action::notify});
    EXPECT_FALSE(p.downgrade_accepted);

    const read_result yaml(R"(# the same, in another order and another dress
policy_version: 2026-06-tenant-budget-v1
tenant_id: tenant_123
hard_stop_usd: 600.00
over_limit_action: "downgrade_then_fail_closed"
allowed_model_tiers:
  - standard
  - economy
blocked_features: [bulk_enrichment]
prepaid_balance_usd: 120.0
daily_soft_limit_usd: 35
monthly_budget_usd: 500
)");
    ASSERT_TRUE(yaml.from.errors.empty()) << yaml.from.all_errors();
    EXPECT_EQ(yaml.policy().hash, p.hash);
    EXPECT_EQ(p.hash, sha256_hex(json.made.canonical));
    EXPECT_EQ(p.hash.size(), 64u);
}

TEST(policy_file, the_hash_moves_with_the_content) {
    const std::string hash = with("monthly_budget_usd: 5").policy().hash;
    EXPECT_EQ(with("monthly_budget_usd: 5.0").policy().hash, hash);
    EXPECT_NE(with("monthly_budget_usd: 5.000000001").policy().hash, hash);
    EXPECT_NE(with("hard_stop_usd: 5").policy().hash, hash);
    EXPECT_EQ(with("retry_guard: {within: 60s}").policy().hash, with("retry_guard: {within: 1m}").policy().hash);
}

const char* const every_field = R"(
name: Acme
status: suspended
timezone: Europe/Berlin
mode: shadow
credit_limit_usd: 10
prepaid_balance_usd: 0
soft_limit_action: downgrade
downgrade: {accepted: true, to: {premium: mid, standard: small}}
limits:
  - {name: support-month, match: {key: k, feature: support}, cost_usd: 200, window: month}
  - {name: agent-rpm, per: agent, requests: 60, window: minute}
  - {name: key-tokens, per: [key, tenant], tokens: 1000000, window: day}
  - {name: user-day, per: end_user, cost_usd: 2, window: day, action: confirm}
  - {name: key-inflight, per: key, concurrency: 20}
  - {name: one-request, per_request_usd: 1.50}
  - {name: tighter, per_request_usd: 1.25}
retry_guard: {same_request: 6, refusals: 11, within: 61s, block: 31s, block_max: 16m}
fallback: {max_attempts: 2, providers: [openai], price_increase_max: 1.25}
output: {default_max_tokens: 1000, clamp_to_budget: true}
hosted_tools: {allow: true, max_calls: 3}
usage_unknown: charge_input
refusal_profile: openai
alerts: {levels: [0.5, 1.2], webhooks: ["https://example.org/${SET}"]}
charge_multiplier: 1.2
)";

TEST(policy_file, every_field_of_the_tenant_is_taken) {
    const read_result got(head + every_field);
    ASSERT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    const policy::tenant_policy& p = got.policy();
    EXPECT_EQ(p.name, "Acme");
    EXPECT_EQ(p.status, policy::status::suspended);
    EXPECT_EQ(p.mode, policy::mode::shadow);
    EXPECT_EQ(p.zone->name(), "Europe/Berlin");
    EXPECT_EQ(p.zone->offset_at(1'782'900'000), 7200); // July
    EXPECT_EQ(p.credit_limit, usd_nano(10'000'000'000));
    EXPECT_EQ(p.soft_limit, (policy::action_chain{action::downgrade, action::notify}));
    EXPECT_TRUE(p.downgrade_accepted);
    EXPECT_EQ(p.downgrade_to, (std::map<std::string, std::string>{{"premium", "mid"}, {"standard", "small"}}));
    ASSERT_TRUE(p.retries);
    EXPECT_EQ(p.retries->same_request, 6);
    EXPECT_EQ(p.retries->refusals, 11);
    EXPECT_EQ(p.retries->within_ms, 61'000u);
    EXPECT_EQ(p.retries->block_ms, 31'000u);
    EXPECT_EQ(p.retries->block_ms_max, 960'000u);
    EXPECT_EQ(p.fallback.attempts_max, 2);
    EXPECT_EQ(p.fallback.price_increase_max_permille, 1250);
    EXPECT_EQ(p.default_max_tokens, 1000);
    EXPECT_TRUE(p.clamp_to_budget);
    EXPECT_TRUE(p.allow_hosted_tools);
    EXPECT_EQ(p.hosted_tool_calls_max, 3);
    EXPECT_EQ(p.usage_unknown, policy::usage_unknown::charge_input);
    EXPECT_EQ(p.refusals, policy::refusal_profile::openai);
    EXPECT_EQ(p.alert_levels_permille, (std::vector<std::int32_t>{500, 1200}));
    EXPECT_EQ(p.alert_webhooks, std::vector<std::string>{"https://example.org/value"});
    EXPECT_EQ(p.charge_permille, 1200);
}

TEST(policy_file, every_kind_of_limit_is_taken) {
    const read_result got(head + every_field);
    const policy::tenant_policy& p = got.policy();
    ASSERT_EQ(p.limits.size(), 5u);
    const auto& support = p.limits[0];
    EXPECT_EQ(support.match,
              (std::vector<std::pair<dimension, std::string>>{{dimension::key, "k"}, {dimension::feature, "support"}}));
    EXPECT_EQ(support.maximum, 200'000'000'000);
    EXPECT_EQ(support.actions, policy::action_chain{action::fail_closed});
    EXPECT_EQ(p.limits[1].what, policy::measure::requests);
    EXPECT_EQ(p.limits[1].span, window::minute);
    EXPECT_EQ(p.limits[2].what, policy::measure::tokens);
    EXPECT_EQ(p.limits[2].per, (std::vector<dimension>{dimension::tenant, dimension::key}));
    EXPECT_EQ(p.limits[3].actions, policy::action_chain{action::confirm});
    EXPECT_EQ(p.limits[4].what, policy::measure::concurrency);
    EXPECT_EQ(p.limits[4].span, window::total);
    EXPECT_EQ(p.per_request_max, usd_nano(1'250'000'000));
    EXPECT_EQ(p.per_request_limit_name, "tighter");
}

TEST(policy_file, the_secret_part_of_a_webhook_is_not_stored) {
    const read_result got(head + every_field);
    EXPECT_EQ(got.made.canonical.find("org/value"), std::string::npos) << "a webhook's secret part must not be stored";
    EXPECT_NE(got.made.canonical.find("org/${SET}"), std::string::npos);
}

TEST(policy_file, the_canonical_form_is_a_policy_of_the_same_hash) {
    const read_result first(
        head + "limits:\n  - {name: a, per: key, cost_usd: 1.50, window: day}\n"
               "retry_guard: {within: 1m}\nname: \"x \\\"y\\\" $${SET}\"\noutput: {clamp_to_budget: true}\n");
    ASSERT_TRUE(first.from.errors.empty()) << first.from.all_errors();
    const read_result again(first.made.canonical);
    ASSERT_TRUE(again.from.errors.empty()) << again.from.all_errors() << first.made.canonical;
    EXPECT_EQ(again.made.canonical, first.made.canonical);
    EXPECT_EQ(again.policy().hash, first.policy().hash);
    EXPECT_EQ(again.policy().name, "x \"y\" ${SET}");
}

TEST(policy_file, a_stored_policy_reads_back_without_the_secrets_of_its_webhooks) {
    const read_result first(head + "alerts: {webhooks: [\"${SET}\", \"https://h/${MISSING:-x}?k=${file:/secret}\"]}\n");
    EXPECT_TRUE(first.from.says("webhooks") || first.from.says("https://")) << "`value` is no address";

    const read_result second(head + "alerts: {webhooks: [\"https://h/${MISSING:-x}?k=${file:/secret}\"]}\n");
    ASSERT_TRUE(second.from.errors.empty()) << second.from.all_errors();
    EXPECT_EQ(second.policy().alert_webhooks[0], "https://h/x?k=from-file");
    world setting;
    const auto again = parse_policy("stored", second.made.canonical, setting.with());
    ASSERT_TRUE(again.has_value()) << to_text(again.error().front());
    EXPECT_EQ(again->policy->hash, second.policy().hash);
}

TEST(policy_file, text_from_a_caller_reads_neither_environment_nor_files) {
    world setting;
    const auto got = parse_policy("x", head + "name: \"${HOME} ${file:/etc/hostname}\"\n", setting.with());
    ASSERT_TRUE(got.has_value()) << to_text(got.error().front());
    EXPECT_EQ(got->policy->name, "${HOME} ${file:/etc/hostname}");
}

TEST(policy_file, faults_are_refused_where_they_stand) {
    struct row {
        const char* more;
        const char* expected;
    };
    const row rows[] = {
        {"monthly_buget_usd: 5", "f.yaml:3:1: unknown key `monthly_buget_usd`; did you mean `monthly_budget_usd`?"},
        {"monthly_budget_usd: 5\nhard_stop_usd: 4.99", "f.yaml:4:16: `hard_stop_usd` must not be below"},
        {"monthly_budget_usd:", "f.yaml:3:1: `monthly_budget_usd` has no value"},
        {"prepaid_balance_usd: -1", "must not be negative"},
        {"credit_limit_usd: 1", "has no effect without `prepaid_balance_usd`"},
        {"allowed_model_tiers: [standart]", "the catalogue has no tier `standart`; did you mean `standard`?"},
        {"over_limit_action: downgrade", "write `downgrade_then_fail_closed`"},
        {"over_limit_action: notify_then_downgrade", "can end without refusing or serving"},
        {"over_limit_action: explode", "`explode` is not one step or steps"},
        {"over_limit_action: fail_closed_then_notify", "nothing after a refusal"},
        {"soft_limit_action: fail_closed", "a soft limit never refuses"},
        {"soft_limit_action: downgrade_then_fail_closed", "a soft limit never refuses"},
        {"downgrade: {accepted: true}", "`accepted` needs `to`"},
        {"downgrade: {accepted: true, to: {premium: mdi}}", "the catalogue has no model `mdi`; did you mean `mid`?"},
        {"downgrade: {accepted: true, to: {premium: unpriced}}", "`unpriced` has no price in force"},
        {"downgrade: {accepted: true, to: {premum: mid}}", "the catalogue has no tier `premum`"},
        {"downgrade: {accepted: false, to: {premium: mdi}}", "no model `mdi`"},
        {"allowed_model_tiers: [economy]\ndowngrade: {accepted: true, to: {premium: mid}}",
         "is in tier `standard`, which"},
        {"timezone: Mars/Olympus", "no time zone `Mars/Olympus`"},
        {"timezone: ../../etc/passwd", "is not a time zone name"},
        {"timezone: /etc/passwd", "is not a time zone name"},
        {"status: alive", "`alive` is not one of active, suspended, closed"},
        {"extends: nowhere", "no template `nowhere`"},
        {"retry_guard: {block: 60s, block_max: 59s}", "`block_max` must not be below `block`"},
        {"alerts: {levels: [0.8, 0.8]}", "ascending"},
        {"alerts: {levels: [0]}", "above zero"},
        {"alerts: {webhooks: [ftp://x]}", "starts with https:// or http://"},
        {"output: {default_max_tokens: 0}", "whole number from 1"},
        {"fallback: {max_attempts: 9}", "from 1 to 8"},
        {"tenant: x", "unknown key `tenant`"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.more);
        const read_result got = with(r.more);
        EXPECT_TRUE(got.from.says(r.expected)) << got.from.all_errors();
    }
    EXPECT_TRUE(read_result("tenant_id: t\n").from.says("`policy_version` is missing"));
    EXPECT_TRUE(read_result("policy_version: v\n").from.says("`tenant_id` is missing"));
    EXPECT_TRUE(read_result("tenant_id: a/b\npolicy_version: v\n").from.says("must not hold `/`"));
    EXPECT_TRUE(read_result("").from.says("an empty policy"));
    EXPECT_TRUE(read_result("[]").from.says("must hold `key: value` lines"));
}

TEST(policy_file, a_hard_stop_may_equal_the_budget) {
    EXPECT_TRUE(with("monthly_budget_usd: 5\nhard_stop_usd: 5").from.errors.empty());
}

TEST(policy_file, a_limit_names_exactly_one_measure_and_fits_its_window) {
    struct row {
        const char* limit;
        const char* expected;
    };
    const row rows[] = {
        {"name: a, window: day", "needs exactly one of"},
        {"name: a, cost_usd: 1, tokens: 1, window: day", "needs exactly one of"},
        {"cost_usd: 1, window: day", "`name` is missing"},
        {"name: a, cost_usd: 1", "`window` is missing"},
        {"name: a, cost_usd: 1, window: fortnight", "`fortnight` is not one of minute, hour, day, week, month, total"},
        {"name: a, concurrency: 1, window: day", "`concurrency` takes no window"},
        {"name: a, per_request_usd: 1, window: day", "takes no window, action, match or per"},
        {"name: a, per_request_usd: 1, per: key", "takes no window, action, match or per"},
        {"name: a, tokens: 1.5, window: day", "`1.5` is not a whole number"},
        {"name: a, tokens: 1, window: day, per: user", "did you mean"},
        {"name: a, tokens: 1, window: day, per: [key, key]", "`key` appears twice"},
        {"name: a, tokens: 1, window: day, match: {featur: x}", "unknown key `featur`; did you mean `feature`?"},
        {"name: a, tokens: 1, window: day, match: {}", "matches nothing"},
        {"name: a, tokens: 1, window: day, match: {model: mdi}", "matches the model `mdi`"},
        {"name: a, tokens: 1, window: day, action: downgrade", "can end without"},
        {"name: a, tokens: x, window: day", "`x` is not a whole number"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.limit);
        const read_result got = with("limits: [{" + std::string(r.limit) + "}]");
        EXPECT_TRUE(got.from.says(r.expected)) << got.from.all_errors();
        EXPECT_FALSE(got.from.says("needs exactly one") && std::string(r.limit).find("tokens: x") != std::string::npos);
    }
    EXPECT_TRUE(with("limits: [{name: a, tokens: 1, window: day}, {name: a, tokens: 2, window: day}]")
                    .from.says("the limit `a` appears twice"));
    EXPECT_TRUE(with("limits: {}").from.says("must be a list"));
    EXPECT_TRUE(with("limits: [null]").from.says("an empty limit"));
}

TEST(policy_file, the_number_of_limits_ends_at_its_maximum) {
    const auto many = [](std::size_t count) {
        std::string text = "limits:\n";
        for (std::size_t i = 0; i < count; ++i)
            text += "  - {name: l" + std::to_string(i) + ", requests: 1, window: day}\n";
        return text;
    };
    EXPECT_TRUE(with(many(limits::policy_limits_max)).from.errors.empty());
    EXPECT_TRUE(with(many(limits::policy_limits_max + 1)).from.says("more than 60 limits"));
}

TEST(policy_file, an_unapproved_provider_name_is_a_warning) {
    const read_result got = with("fallback: {providers: [openai, azure-eu]}");
    EXPECT_TRUE(got.from.errors.empty());
    EXPECT_TRUE(got.from.warns("the catalogue has no provider `azure-eu`"));
}

TEST(policy_file, a_budget_that_goes_on_without_an_end_is_a_warning) {
    const std::string downgrade = "downgrade: {accepted: true, to: {standard: gpt-5-nano}}\n";
    const std::string past = "past the budget requests are served";
    for (const std::string action : {"notify", "confirm", "downgrade_then_fail_closed"}) {
        const std::string text = "monthly_budget_usd: 5\nover_limit_action: " + action + "\n" + downgrade;
        EXPECT_TRUE(with(text).from.warns(past)) << action;
        EXPECT_FALSE(with(text + "hard_stop_usd: 6\n").from.warns(past)) << action;
    }
    const std::string closed = "monthly_budget_usd: 5\nover_limit_action: downgrade_then_fail_closed\n";
    EXPECT_FALSE(with(closed).from.warns(past)); // nothing is downgraded without consent
}

TEST(policy_file, parse_policy_takes_text_and_returns_problems_in_order) {
    world setting;
    const auto good = parse_policy("p.json", test::seed_policy, setting.with());
    ASSERT_TRUE(good.has_value());
    EXPECT_EQ(good->policy->tenant, "tenant_123");
    const auto bad = parse_policy("p.yaml", "tenant_id: t\npolicy_version: v\nx: 1\nname: ''\n", setting.with());
    ASSERT_FALSE(bad.has_value());
    ASSERT_EQ(bad.error().size(), 2u);
    EXPECT_EQ(bad.error()[0].line, 3u);
    EXPECT_EQ(bad.error()[1].line, 4u);
}

}
}
