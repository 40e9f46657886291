// The commands as a shell runs them, over SQLite.
#include "program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tollgate::integration {

namespace {

using nlohmann::json;

class cli_program : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "tollgate-program-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        std::filesystem::create_directories(folder_ + "/policies");
        put("tollgate.yaml",
            "store: {url: 'sqlite:" + folder_ + "/tollgate.db'}\nstate_dir: '" + folder_ + "/state'\n");
        put("prices.yaml", "version: test-1\nprices: [{provider: one, model: small, input: 1, output: 2, "
                           "effective_from: '2024-01-01'}]\n");
        put("catalog.yaml", "tiers: [standard]\nproviders: {one: {base_url: 'http://127.0.0.1:1/v1'}}\n"
                            "models: {small: {provider: one, tier: standard, max_output_tokens: 1000, "
                            "context_tokens: 8000}}\n");
        put("policies/acme.yaml", "tenant_id: acme\npolicy_version: acme-1\nmonthly_budget_usd: 10\n");
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void put(const std::string& name, const std::string& text) { std::ofstream(folder_ + "/" + name) << text; }

    ended run(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--config", folder_ + "/tollgate.yaml"});
        return run_program(folder_, arguments);
    }
    ended run_ok(std::vector<std::string> arguments) {
        ended got = run(std::move(arguments));
        EXPECT_EQ(got.code, 0) << got.err;
        return got;
    }
    ended move(const std::string& kind, const std::string& usd, const std::string& key) {
        return run({"balance", kind, "--tenant", "acme", "--usd", usd, "--idempotency-key", key});
    }

    std::string folder_;
};

}

TEST_F(cli_program, a_key_lives_from_create_to_revoke) {
    const json made = json::parse(run_ok({"keys", "create", "--tenant", "acme", "--json"}).out);
    EXPECT_TRUE(made["secret"].get<std::string>().starts_with("sk-tg-"));
    const std::string secret = run_ok({"keys", "create", "--tenant", "acme"}).out;
    EXPECT_EQ(std::ranges::count(secret, '\n'), 1);

    const std::string id = made["id"];
    const json fresh = json::parse(run_ok({"keys", "rotate", id, "--json"}).out);
    EXPECT_NE(fresh["id"], id);
    run_ok({"keys", "revoke", fresh["id"]});
    const json all = json::parse(run_ok({"keys", "list", "--tenant", "acme", "--json"}).out);
    ASSERT_EQ(all.size(), 3U);
    for (const json& row : all) {
        if (row["id"] == id) {
            EXPECT_EQ(row["state"], "expiring");
        }
        if (row["id"] == fresh["id"]) {
            EXPECT_EQ(row["state"], "revoked");
        }
    }
}

TEST_F(cli_program, money_moves_once_and_never_below_zero) {
    EXPECT_EQ(move("top-up", "10", "invoice-1").code, 0);
    EXPECT_EQ(move("top-up", "10", "invoice-1").code, 0);
    EXPECT_EQ(move("adjust", "-10.01", "fix-1").code, 1);
    const json at = json::parse(run_ok({"balance", "show", "--tenant", "acme", "--json"}).out);
    EXPECT_EQ(at["available_usd"], "10.00");
    EXPECT_EQ(run_ok({"ledger", "verify"}).out, "the books are right\n");
    const ended exported = run_ok({"usage", "export", "--tenant", "acme", "--from", "2020-01-01"});
    EXPECT_EQ(std::ranges::count(exported.out, '\n'), 1);
}

TEST_F(cli_program, exit_codes_tell_refused_misused_and_unreachable_apart) {
    EXPECT_EQ(run({"check"}).code, 0);
    EXPECT_EQ(run({"keys", "create", "--tenant", "nobody"}).code, 1);
    EXPECT_EQ(run({"keys", "create"}).code, 2);
    EXPECT_EQ(run_program(folder_, {"no-such-command"}).code, 2);
    EXPECT_EQ(run_program(folder_, {"--help"}).code, 0);
    EXPECT_EQ(run_program(folder_, {"version"}).code, 0);
    EXPECT_EQ(run_program(folder_, {"mock-upstream", "--listen", "nonsense"}).code, 1);
    put("tollgate.yaml", "store: {url: 'postgresql://u:pw-4711@127.0.0.1:1/none'}\n"
                         "server: {listen: '127.0.0.1:0'}\nadmin: {listen: '127.0.0.1:0'}\n");
    const ended away = run({"keys", "list"});
    EXPECT_EQ(away.code, 3);
    EXPECT_EQ(away.err.find("pw-4711"), std::string::npos);
    EXPECT_EQ(run({"serve"}).code, 3);
}

}
