#include "house.hpp"

#include <tollgate/daemon/open_store.hpp>
#include <tollgate/store/admin_store.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace tollgate::cli {

using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

json made(house& here, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"keys", "create", "--tenant", "acme", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const answer got = here.run(arguments);
    EXPECT_EQ(got.code, 0) << got.err;
    return json::parse(got.out);
}

json listed(house& here) { return json::parse(here.run({"keys", "list", "--json"}).out); }

}

TEST(cli_keys, create_prints_the_secret_alone_on_stdout) {
    house here;
    const answer got = here.run({"keys", "create", "--tenant", "acme"});
    ASSERT_EQ(got.code, 0) << got.err;
    EXPECT_TRUE(got.out.starts_with("sk-tg-"));
    EXPECT_EQ(got.out.find('\n'), got.out.size() - 1);
    EXPECT_TRUE(has(got.err, "key_")) << got.err;
}

TEST(cli_keys, a_published_policy_is_a_policy_until_it_is_withdrawn) {
    house here;
    ASSERT_EQ(here.run({"migrate"}).code, 0);
    const auto create = [&] { return here.run({"keys", "create", "--tenant", "fresh"}).code; };
    const auto publish = [&](const std::string& version) {
        const auto database = open_store(here.store_url());
        const auto admin = database->open_admin();
        ASSERT_TRUE(admin.has_value());
        store::admin_transaction together(**admin);
        store::published_policy row;
        row.tenant = "fresh";
        row.version = version;
        ASSERT_TRUE((*admin)->publish(row).has_value());
        ASSERT_TRUE(together.commit().has_value());
    };
    EXPECT_EQ(create(), 1);
    publish("v1");
    EXPECT_EQ(create(), 0);
    publish("");
    EXPECT_EQ(create(), 1);
}

TEST(cli_keys, a_secret_in_the_place_of_an_id_is_not_repeated) {
    house here;
    const std::string secret = made(here)["secret"];
    for (const char* command : {"revoke", "rotate"}) {
        const answer got = here.run({"keys", command, "--key", secret});
        EXPECT_EQ(got.code, 1);
        EXPECT_FALSE(has(got.err, secret)) << got.err;
        EXPECT_TRUE(has(got.err, "key_")) << got.err;
    }
}

TEST(cli_keys, the_secret_is_shown_once_and_never_stored) {
    house here;
    const std::string secret = made(here)["secret"];
    const answer list = here.run({"keys", "list", "--json"});
    EXPECT_FALSE(has(list.out, secret));
    std::ifstream file(here.path("tollgate.db"), std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    EXPECT_FALSE(has(bytes.str(), secret));
    EXPECT_TRUE(has(list.out, secret.substr(secret.size() - 4)));
}

TEST(cli_keys, pins_label_models_and_expiry_are_kept) {
    house here;
    made(here, {"--workspace", "w", "--agent", "a", "--feature", "f", "--environment", "prod", "--label", "l",
                "--models", "small", "--expires", "2026-07-01"});
    const json row = listed(here)[0];
    EXPECT_EQ(row["workspace"], "w");
    EXPECT_EQ(row["agent"], "a");
    EXPECT_EQ(row["feature"], "f");
    EXPECT_EQ(row["environment"], "prod");
    EXPECT_EQ(row["label"], "l");
    EXPECT_EQ(row["models"], json::array({"small"}));
    EXPECT_EQ(row["expires"], "2026-07-01T00:00:00Z");
    const answer shown = here.run({"keys", "list"});
    EXPECT_TRUE(has(shown.out, "workspace=w feature=f agent=a environment=prod models=small")) << shown.out;
}

TEST(cli_keys, create_refuses_what_could_not_work) {
    struct row {
        std::vector<std::string> arguments;
        std::string says;
    };
    const row rows[] = {
        {{"--tenant", "nobody"}, "policies/nobody.yaml"},
        {{"--tenant", "acme", "--models", "small,large"}, "large"},
        {{"--tenant", "acme", "--expires", "2026-06-14T12:00:00Z"}, "expired"},
        {{"--tenant", "acme", "--label", std::string(129, 'x')}, "label"},
    };
    house here;
    for (const row& r : rows) {
        SCOPED_TRACE(r.says);
        std::vector<std::string> arguments{"keys", "create"};
        arguments.insert(arguments.end(), r.arguments.begin(), r.arguments.end());
        const answer got = here.run(arguments);
        EXPECT_EQ(got.code, 1);
        EXPECT_EQ(got.out, "");
        EXPECT_TRUE(has(got.err, r.says)) << got.err;
    }
    EXPECT_EQ(listed(here), json::array());
}

TEST(cli_keys, count_makes_that_many_different_ones) {
    house here;
    const answer lines = here.run({"keys", "create", "--tenant", "acme", "--count", "3"});
    std::istringstream text(lines.out);
    std::set<std::string> secrets;
    for (std::string line; std::getline(text, line);) secrets.insert(line);
    EXPECT_EQ(secrets.size(), 3U);
    EXPECT_EQ(made(here, {"--count", "2"}).size(), 2U);
    EXPECT_TRUE(made(here, {"--count", "1"}).is_array());
    EXPECT_EQ(listed(here).size(), 6U);
}

TEST(cli_keys, revoke_ends_a_key_and_may_be_repeated) {
    house here;
    const std::string id = made(here)["id"];
    EXPECT_EQ(here.run({"keys", "revoke", id}).code, 0);
    EXPECT_EQ(listed(here)[0]["state"], "revoked");
    const json first = listed(here);
    here.now.us += 1'000'000;
    EXPECT_EQ(here.run({"keys", "revoke", "--id", id}).code, 0);
    EXPECT_EQ(listed(here), first);
    const answer unknown = here.run({"keys", "revoke", "key_unknown"});
    EXPECT_EQ(unknown.code, 1);
    EXPECT_TRUE(has(unknown.err, "keys list")) << unknown.err;
}

TEST(cli_keys, rotate_replaces_a_key_and_leaves_the_old_one_its_grace) {
    house here;
    const json before = made(here, {"--label", "l"});
    const answer got = here.run({"keys", "rotate", before["id"], "--grace", "30m", "--json"});
    ASSERT_EQ(got.code, 0) << got.err;
    const json after = json::parse(got.out);
    EXPECT_NE(after["secret"], before["secret"]);
    EXPECT_EQ(after["replaces"], before["id"]);
    EXPECT_EQ(after["label"], "l");
    for (const json& row : listed(here)) {
        if (row["id"] != before["id"]) continue;
        EXPECT_EQ(row["state"], "expiring");
        EXPECT_EQ(row["expires"], "2026-06-14T12:30:00Z");
    }
    EXPECT_EQ(here.run({"keys", "rotate", before["id"]}).code, 1);
    EXPECT_EQ(here.run({"keys", "rotate", after["id"], "--grace", "soon"}).code, 2);
    EXPECT_EQ(here.run({"keys", "rotate", after["id"], "--grace", "31d"}).code, 2);
}

TEST(cli_keys, a_key_can_be_revoked_while_a_policy_does_not_load) {
    house here;
    const std::string id = made(here)["id"];
    here.put("policies/broken.yaml", "tenant_id: [\n");
    EXPECT_EQ(here.run({"keys", "create", "--tenant", "acme"}).code, 1);
    EXPECT_EQ(here.run({"keys", "revoke", id}).code, 0);
}

TEST(cli_keys, list_shows_one_tenant_or_all) {
    house here;
    here.put("policies/other.yaml", "tenant_id: other\npolicy_version: v1\nmonthly_budget_usd: 1\n");
    made(here);
    EXPECT_EQ(here.run({"keys", "create", "--tenant", "other"}).code, 0);
    EXPECT_EQ(listed(here).size(), 2U);
    EXPECT_EQ(json::parse(here.run({"keys", "list", "--tenant", "other", "--json"}).out).size(), 1U);
    EXPECT_EQ(here.run({"keys", "list", "--tenant", "nobody"}).out, "no keys\n");
}

}
