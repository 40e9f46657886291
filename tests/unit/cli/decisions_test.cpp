// Decisions shown, replayed and simulated over rows that were written before, and policies compared.
#include "house.hpp"

#include <tollgate/app/decision_record.hpp>
#include <tollgate/config/policy_file.hpp>
#include <tollgate/daemon/open_store.hpp>
#include <tollgate/store/key_store.hpp>
#include <tollgate/store/run_ops.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tollgate::cli {

using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string policy_text = R"({"tenant_id":"acme","policy_version":"acme-1","monthly_budget_usd":10})";

// Requests of acme under `policy_text`, each for one USD at most, with a store that remembers the policy.
class recorded_house : public house {
public:
    recorded_house() {
        config::zone_files zones;
        policy_ = config::parse_remembered_policy("acme-1", policy_text, zones).value();
        EXPECT_EQ(run({"migrate"}).code, 0);
    }

    void remember() {
        const auto database = open_store(store_url());
        const auto keys = database->open_keys();
        EXPECT_TRUE((*keys)->remember_policies({{"acme", "acme-1", policy_->hash, policy_text, {}}}).has_value());
    }

    // A request that met the month with `used` USD in it.
    ledger::usage_row row(std::uint64_t number, std::int64_t used) const {
        policy::facts facts;
        facts.at = *parse_rfc3339("2026-06-10T12:00:00Z");
        facts.at.us += static_cast<std::int64_t>(number) * 60'000'000;
        facts.who.tenant = "acme";
        facts.who.key = "key_1";
        facts.who.feature = "support";
        facts.who.model = "small";
        facts.who.tier = "standard";
        facts.model_known = facts.model_priced = true;
        facts.tokens = 1'000;
        facts.estimate = usd_nano(usd_nano::per_usd);
        policy::ledger_reading answer;
        answer.limits = {{used * usd_nano::per_usd, 0}};
        const app::recorded_outlook nothing;
        app::recorded_answers more(nothing);
        const policy::decided what = policy::decide_again(facts, policy_.get(), std::span(&answer, 1), more);

        ledger::usage_row out;
        out.at = facts.at;
        out.id = request_id::make(out.at.ms(), 0, number);
        out.tenant = "acme";
        out.key = "key_1";
        out.feature = "support";
        out.model_requested = out.model_served = "small";
        const bool ran = what.what == policy::verdict::allow;
        out.decision = ran ? "allow" : "refuse";
        if (ran) out.ended = ledger::ending::settled;
        if (ran) out.charged = out.provider_cost = usd_nano(usd_nano::per_usd / 2);
        out.settlement_status = ran ? "charged" : "voided";
        out.status = ran ? 200 : 402;
        out.estimated = facts.estimate;
        json_writer w(out.record);
        w.begin_object().member("tenant", "acme").member("key_id", "key_1").member("feature", "support");
        w.member("model_requested", "small").member("policy_version", "acme-1").member("policy_hash", policy_->hash);
        app::write_facts(w, facts, {.input_tokens = 500, .output_tokens = 500, .cap = 500});
        if (ran) w.member("hold_us", std::int64_t{2'000});
        w.member("total_us", std::int64_t{30'000});
        app::write_answers(w, std::span(&answer, 1), nothing);
        w.key(app::decided_member).raw(app::decided_json(what)).end_object();
        return out;
    }

    void write(const std::vector<ledger::usage_row>& rows) const {
        const auto database = open_store(store_url());
        auto ledger = database->open_ledger();
        std::vector<ledger::op> ops;
        for (const ledger::usage_row& each : rows) ops.emplace_back(ledger::note_op{each});
        ASSERT_TRUE(store::run_ops(**ledger, ops).has_value());
    }

private:
    std::shared_ptr<const policy::tenant_policy> policy_;
};

}

TEST(cli_decisions, a_decision_is_explained_rule_by_rule_and_limit_by_limit) {
    recorded_house here;
    here.remember();
    const auto fits = here.row(1, 9), refused = here.row(2, 10);
    here.write({fits, refused});
    const answer told = here.run({"decisions", "show", refused.id.text()});
    ASSERT_EQ(told.code, 0) << told.err;
    for (const char* part : {"Rules, in their order", "request_cost     passed", "Limits, for small at up to 1.00 USD",
                             "10.00 USD  10.00 USD  0.00 USD  1.00 USD  does not fit  fail_closed",
                             "monthly_budget_usd  fail_closed  refused",
                             "refuse, tenant_budget_exceeded, by monthly_budget_usd", "ended after    30.000 ms"})
        EXPECT_TRUE(has(told.out, part)) << part << "\n" << told.out;
    const json shown = json::parse(here.run({"decisions", "show", fits.id.text(), "--json"}).out);
    EXPECT_EQ(shown["explained"]["replay_agrees"], true);
    EXPECT_EQ(shown["explained"]["ledger"][0]["limits"][0]["fit"], "fits");
    EXPECT_EQ(shown["explained"]["ledger"][0]["limits"][0]["spent"], "9.00");
    EXPECT_EQ(shown["explained"]["rules"][0]["said"], "passed");
}

TEST(cli_decisions, replay_agrees_or_shows_what_differs) {
    recorded_house here;
    here.remember();
    const auto good = here.row(1, 9);
    auto tampered = here.row(2, 9), lost = here.row(3, 9);
    const auto at = tampered.record.find("\"allow\"");
    tampered.record.replace(at, 7, "\"refuse\"");
    lost.record = "{}";
    lost.decision = "refuse";
    lost.code = "invalid_request";
    here.write({good, tampered, lost});
    const answer yes = here.run({"decisions", "replay", good.id.text()});
    EXPECT_EQ(yes.code, 0) << yes.err;
    EXPECT_TRUE(has(yes.out, "agrees"));
    const answer no = here.run({"decisions", "replay", tampered.id.text()});
    EXPECT_EQ(no.code, 1);
    EXPECT_TRUE(has(no.out, "-   \"outcome\": \"refuse\"")) << no.out;
    EXPECT_TRUE(has(no.out, "+   \"outcome\": \"allow\"")) << no.out;
    const answer none = here.run({"decisions", "replay", lost.id.text()});
    EXPECT_EQ(none.code, 1);
    EXPECT_TRUE(has(none.err, "no decision was made about it: it was refused with invalid_request")) << none.err;

    const answer range = here.run({"decisions", "replay", "--tenant", "acme", "--from", "2026-06-01", "--json"});
    EXPECT_EQ(range.code, 1);
    const json all = json::parse(range.out);
    EXPECT_EQ(all["agrees"], 1);
    EXPECT_EQ(all["differs"], 1);
    EXPECT_EQ(all["no_decision"], 1);
    EXPECT_EQ(all["differing"], json::array({tampered.id.text()}));
}

TEST(cli_decisions, a_policy_that_is_not_remembered_is_told) {
    recorded_house here;
    const auto row = here.row(1, 9);
    here.write({row});
    const answer replayed = here.run({"decisions", "replay", row.id.text()});
    EXPECT_EQ(replayed.code, 1);
    EXPECT_TRUE(has(replayed.err, "does not remember policy version acme-1")) << replayed.err;
    EXPECT_EQ(here.run({"decisions", "replay", "--tenant", "acme", "--from", "2026-06-01"}).code, 1);
    const answer shown = here.run({"decisions", "show", row.id.text()});
    EXPECT_EQ(shown.code, 0);
    EXPECT_TRUE(has(shown.out, "rules and limits cannot be told")) << shown.out;

    const auto database = open_store(here.store_url());
    const auto keys = database->open_keys();
    const std::string other = R"({"tenant_id":"acme","policy_version":"acme-1","monthly_budget_usd":11})";
    ASSERT_TRUE((*keys)->remember_policies({{"acme", "acme-1", "another hash", other, {}}}).has_value());
    EXPECT_TRUE(has(here.run({"decisions", "replay", row.id.text()}).err, "not what the decision was made under"));
}

TEST(cli_decisions, another_policy_may_be_asked) {
    recorded_house here;
    here.remember();
    const auto row = here.row(1, 9);
    here.write({row});
    here.put("tight.yaml", "tenant_id: acme\npolicy_version: tight\nmonthly_budget_usd: 9.5\n"
                           "limits: [{name: day, cost_usd: 1, window: day}]\n");
    const answer got = here.run({"decisions", "replay", row.id.text(), "--policy", here.path("tight.yaml")});
    EXPECT_EQ(got.code, 0) << got.err;
    EXPECT_TRUE(has(got.out, "refuse, code tenant_budget_exceeded, by monthly_budget_usd")) << got.out;
    EXPECT_TRUE(has(got.out, "unknown counter: nobody read that of day then")) << got.out;
    here.put("wrong.yaml", "tenant_id: acme\nmonthly_budget: 9\n");
    const answer wrong = here.run({"decisions", "replay", row.id.text(), "--policy", here.path("wrong.yaml")});
    EXPECT_EQ(wrong.code, 1);
    EXPECT_TRUE(has(wrong.err, "wrong.yaml:2:1: unknown key `monthly_budget`")) << wrong.err;
}

TEST(cli_decisions, replay_takes_a_request_or_a_range) {
    house here;
    const std::string id = "req_00000000000000000000000001";
    for (const std::vector<std::string>& wrong :
         std::vector<std::vector<std::string>>{{},
                                               {"--tenant", "acme"},
                                               {"--from", "2026-06-01"},
                                               {id, "--tenant", "acme"},
                                               {"--tenant", "acme", "--from", "2026-06-01", "--policy", "x.yaml"}}) {
        std::vector<std::string> arguments{"decisions", "replay"};
        arguments.insert(arguments.end(), wrong.begin(), wrong.end());
        EXPECT_EQ(here.run(arguments).code, 2);
    }
    EXPECT_EQ(here.run({"decisions", "replay", "--tenant", "acme", "--from", "2026-06-02", "--to", "2026-06-02"}).code,
              1);
}

TEST(cli_policy, files_and_remembered_versions_are_compared) {
    recorded_house here;
    here.remember();
    here.put("next.yaml", "tenant_id: acme\npolicy_version: acme-2\nmonthly_budget_usd: 8\n");
    const answer got = here.run({"policy", "diff", "acme@acme-1", here.path("next.yaml")});
    ASSERT_EQ(got.code, 0) << got.err;
    EXPECT_TRUE(has(got.out, "monthly_budget_usd: 10 -> 8 (lower: ")) << got.out;
    EXPECT_TRUE(has(got.out, "policy_version: acme-1 -> acme-2")) << got.out;
    const json changes = json::parse(here.run({"policy", "diff", "acme@acme-1", here.path("next.yaml"), "--json"}).out);
    EXPECT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0]["field"], "monthly_budget_usd");
    EXPECT_EQ(changes[0]["after"], "8");
    EXPECT_EQ(here.run({"policy", "diff", "acme@acme-1", "acme@acme-1"}).out, "no difference\n");
    const answer unknown = here.run({"policy", "diff", "acme@acme-1", "acme@acme-9"});
    EXPECT_EQ(unknown.code, 1);
    EXPECT_TRUE(has(unknown.err, "It remembers: acme-1")) << unknown.err;
    EXPECT_EQ(here.run({"policy", "diff", "nowhere.yaml", "acme@acme-1"}).code, 1);
}

TEST(cli_policy, recorded_traffic_is_simulated_under_another_policy) {
    recorded_house here;
    here.remember();
    std::vector<ledger::usage_row> rows;
    for (std::uint64_t i = 1; i <= 10; ++i) rows.push_back(here.row(i, i <= 8 ? 0 : 10)); // two were refused
    here.write(rows);
    here.put("next.yaml", "tenant_id: acme\npolicy_version: acme-2\nmonthly_budget_usd: 2\n");
    const std::vector<std::string> asked{"policy", "simulate",  "--policy", here.path("next.yaml"),
                                         "--from", "2026-06-01"};
    const answer got = here.run(asked);
    ASSERT_EQ(got.code, 0) << got.err;
    // Half a dollar each: three run, and the fourth would need a whole one above 1.50.
    for (const char* part : {"\nrefused ", "  2      7      +5", "cost, USD                   4.00   1.50   -2.50",
                             "5 decided differently"})
        EXPECT_TRUE(has(got.out, part)) << part << "\n" << got.out;
    auto as_json = asked;
    as_json.emplace_back("--json");
    const json found = json::parse(here.run(as_json).out);
    EXPECT_EQ(found["before"]["requests"], 10);
    EXPECT_EQ(found["after"]["refused_by_code"]["tenant_budget_exceeded"], 7);
    EXPECT_EQ(found["after"]["cost_usd"], "1.50");
    EXPECT_EQ(found["features"][0]["name"], "support");
    here.terminal = true;
    EXPECT_TRUE(has(here.run(asked).err, "simulating ["));
}

TEST(cli_policy, whose_traffic_goes_through_which_policy_is_checked) {
    recorded_house here;
    here.put("a.yaml", "tenant_id: acme\npolicy_version: a\nmonthly_budget_usd: 2\n");
    here.put("b.yaml", "tenant_id: beta\npolicy_version: b\nmonthly_budget_usd: 2\n");
    const std::string a = here.path("a.yaml"), b = here.path("b.yaml");
    const auto simulate = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{"policy", "simulate", "--from", "2026-06-01"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return here.run(arguments);
    };
    EXPECT_EQ(simulate({"--policy", a, "--policy", b}).code, 0);
    EXPECT_EQ(simulate({"--policy", a, "--policy", a}).code, 1);
    EXPECT_EQ(simulate({"--policy", a, "--policy", b, "--tenant", "gamma"}).code, 1);
    EXPECT_TRUE(has(simulate({"--policy", b, "--tenant", "acme"}).out, "tenant acme under b"));
    EXPECT_TRUE(has(simulate({"--policy", a, "--policy", b, "--tenant", "beta"}).out, "tenant beta under b"));
    EXPECT_EQ(simulate({"--policy", a, "--to", "2026-05-01"}).code, 1);
    EXPECT_EQ(simulate({}).code, 2);
}

}
