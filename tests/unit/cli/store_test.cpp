// Migrations, stores that are away, and check.
#include "house.hpp"

#include <gtest/gtest.h>

namespace tollgate::cli {

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}

TEST(cli_store, migrate_applies_what_is_pending_once) {
    house here;
    const answer first = here.run({"migrate"}), second = here.run({"migrate"});
    EXPECT_EQ(first.code, 0) << first.err;
    EXPECT_TRUE(has(first.out, "applied 0001_ledger")) << first.out;
    EXPECT_EQ(second.code, 0);
    EXPECT_TRUE(has(second.out, "nothing to apply")) << second.out;
}

TEST(cli_store, a_command_migrates_only_where_it_may) {
    house here;
    here.put("tollgate.yaml", "store: {url: '" + here.store_url() + "', migrate: false}\n");
    const answer refused = here.run({"keys", "list"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_TRUE(has(refused.err, "tollgate migrate")) << refused.err;
    EXPECT_EQ(here.run({"migrate"}).code, 0);
    EXPECT_EQ(here.run({"keys", "list"}).code, 0);
}

TEST(cli_store, a_store_that_cannot_be_reached_exits_3) {
    house here;
    const std::string urls[] = {"postgresql://nobody@127.0.0.1:1/none?connect_timeout=2",
                                "sqlite:" + here.path("policies")};
    for (const std::string& url : urls) {
        SCOPED_TRACE(url);
        here.put("tollgate.yaml", "store: {url: '" + url + "'}\n");
        for (const std::vector<std::string>& arguments :
             {std::vector<std::string>{"migrate"}, {"keys", "list"}, {"ledger", "verify"}}) {
            const answer got = here.run(arguments);
            EXPECT_EQ(got.code, 3) << got.err;
            EXPECT_EQ(got.out, "");
            EXPECT_FALSE(got.err.empty());
        }
    }
}

TEST(cli_store, a_password_of_the_store_is_not_shown) {
    house here;
    here.put("tollgate.yaml", "store: {url: 'postgresql://u:pw-4711@127.0.0.1:1/none'}\n");
    const answer got = here.run({"keys", "list"});
    EXPECT_EQ(got.code, 3);
    EXPECT_FALSE(has(got.err, "pw-4711")) << got.err;
}

TEST(cli_check, says_what_it_has_read_when_all_is_well) {
    house here;
    const answer got = here.run({"check"});
    EXPECT_EQ(got.code, 0) << got.out << got.err;
    EXPECT_TRUE(has(got.out, "ok, ")) << got.out;
    EXPECT_TRUE(has(got.out, "1 tenant, 0 templates, 1 model of 1 provider, 1 price")) << got.out;
}

TEST(cli_check, prints_a_line_a_problem_and_exits_1) {
    house here;
    here.put("policies/acme.yaml", "tenant_id: acme\npolicy_version: v1\nmonthly_budget_usd: lots\nhard_stop: 3\n");
    const answer got = here.run({"check"});
    EXPECT_EQ(got.code, 1);
    EXPECT_TRUE(has(got.out, here.path("policies/acme.yaml") + ":3:")) << got.out;
    EXPECT_TRUE(has(got.out, here.path("policies/acme.yaml") + ":4:")) << got.out;
    EXPECT_TRUE(has(got.err, "2 problems")) << got.err;
}

}
