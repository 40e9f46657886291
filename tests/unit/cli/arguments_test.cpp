// What the parser takes and what it answers to the rest.
#include "house.hpp"

#include <gtest/gtest.h>

namespace tollgate::cli {

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}

TEST(cli_arguments, wrong_usage_exits_2_and_names_the_help) {
    const std::vector<std::string> rows[] = {
        {},
        {"no-such-command"},
        {"keys"},
        {"keys", "no-such-command"},
        {"keys", "create"},
        {"keys", "create", "--tenant", "acme", "--no-such-option"},
        {"keys", "create", "--tenant", "acme", "--expires", "tomorrow"},
        {"keys", "create", "--tenant", "acme", "--count", "0"},
        {"keys", "create", "--tenant", "acme", "--count", "100001"},
        {"keys", "revoke"},
        {"balance", "top-up", "--tenant", "acme", "--usd", "1"},
        {"balance", "top-up", "--tenant", "acme", "--idempotency-key", "k"},
        {"balance", "top-up", "--tenant", "acme", "--idempotency-key", "k", "--usd", "1e2"},
        {"balance", "top-up", "--tenant", "acme", "--idempotency-key", "k", "--usd", "1.0000000001"},
        {"balance", "refund", "--tenant", "acme", "--idempotency-key", "k", "--usd", "1", "--request", "req_1"},
        {"balance", "adjust", "--tenant", "acme", "--idempotency-key", "k", "--usd", "1", "--expires", "2030-01-01"},
        {"usage", "export", "--tenant", "acme", "--from", "yesterday"},
        {"usage", "export", "--tenant", "acme", "--from", "2026-06-01", "--format", "xml"},
        {"ledger", "show"},
        {"ledger", "show", "--tenant", "acme", "--count", "0"},
        {"decisions", "show"},
        {"decisions", "show", "req_short"},
        {"mock-upstream"},
        {"mock-upstream", "--listen", "127.0.0.1:0", "--threads", "0"},
        {"version", "--json"},
    };
    house here;
    for (const auto& arguments : rows) {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const answer got = here.run_bare(arguments);
        EXPECT_EQ(got.code, 2);
        EXPECT_EQ(got.out, "");
        EXPECT_TRUE(has(got.err, "--help`")) << got.err;
    }
}

TEST(cli_arguments, a_misspelt_command_is_told_the_nearest_one) {
    house here;
    const answer group = here.run_bare({"kyes", "list"});
    EXPECT_EQ(group.code, 2);
    EXPECT_TRUE(has(group.err, "`kyes` is no command; did you mean `keys`?")) << group.err;
    const answer command = here.run_bare({"balance", "topup"});
    EXPECT_EQ(command.code, 2);
    EXPECT_TRUE(has(command.err, "tollgate balance: `topup` is no command; did you mean `top-up`?")) << command.err;
}

TEST(cli_arguments, every_command_answers_help) {
    const std::vector<std::string> rows[] = {
        {"serve"},
        {"check"},
        {"migrate"},
        {"keys", "create"},
        {"keys", "list"},
        {"keys", "revoke"},
        {"keys", "rotate"},
        {"balance", "top-up"},
        {"balance", "grant"},
        {"balance", "adjust"},
        {"balance", "refund"},
        {"balance", "show"},
        {"usage", "export"},
        {"ledger", "verify"},
        {"ledger", "show"},
        {"decisions", "show"},
        {"mock-upstream"},
        {"version"},
    };
    house here;
    for (std::vector<std::string> arguments : rows) {
        SCOPED_TRACE(testing::PrintToString(arguments));
        arguments.push_back("--help");
        const answer got = here.run_bare(arguments);
        EXPECT_EQ(got.code, 0);
        EXPECT_EQ(got.err, "");
        EXPECT_TRUE(has(got.out, "--config")) << got.out;
    }
}

TEST(cli_arguments, help_lists_the_commands) {
    house here;
    const answer got = here.run_bare({"--help"});
    EXPECT_EQ(got.code, 0);
    for (const char* name :
         {"serve", "check", "migrate", "keys", "balance", "usage", "ledger", "decisions", "mock-upstream", "version"})
        EXPECT_TRUE(has(got.out, name)) << name;
}

TEST(cli_arguments, the_configuration_may_be_named_before_the_command) {
    house here;
    const std::string file = here.path("tollgate.yaml");
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--config", file, "keys", "list"},
                                                      {"keys", "--config", file, "list"},
                                                      {"keys", "list", "--config", file},
                                                      {"--config=" + file, "keys", "list", "--json"}}) {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const answer got = here.run_bare(arguments);
        EXPECT_EQ(got.code, 0) << got.err;
    }
    EXPECT_EQ(here.run_bare({"--config", here.path("none.yaml"), "keys", "list"}).code, 1);
    EXPECT_EQ(here.run_bare({"--config", file}).code, 2);
}

TEST(cli_arguments, version_is_told_both_ways) {
    house here;
    const answer command = here.run_bare({"version"}), flag = here.run_bare({"--version"});
    EXPECT_EQ(command.code, 0);
    EXPECT_TRUE(command.out.starts_with("tollgate 0."));
    EXPECT_EQ(flag.out, command.out);
    EXPECT_EQ(flag.code, 0);
}

TEST(cli_arguments, a_configuration_that_is_not_there_is_refused_with_what_to_do) {
    house here;
    const answer got = here.run_bare({"balance", "show", "--tenant", "acme", "--config", here.path("none.yaml")});
    EXPECT_EQ(got.code, 1);
    EXPECT_TRUE(has(got.err, "none.yaml"));
    EXPECT_TRUE(has(got.err, "--config"));
}

TEST(cli_arguments, a_broken_setting_is_named_with_its_place) {
    house here;
    here.put("tollgate.yaml", "store:\n  urll: x\n");
    const answer got = here.run({"keys", "list"});
    EXPECT_EQ(got.code, 1);
    EXPECT_TRUE(has(got.err, "tollgate.yaml:2:3: ")) << got.err;
    EXPECT_TRUE(has(got.err, "url")) << got.err;
}

}
