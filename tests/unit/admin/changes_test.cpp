#include "world.hpp"

namespace tollgate::admin {

namespace {

constexpr const char* keys_path = "/admin/v1/keys";
const std::string asked = R"({"tenant":"acme","label":"bot","feature":"support","models":["small"]})";

}

TEST(admin_changes, need_an_idempotency_key) {
    listener admin;
    const auto x = admin.as("bob", "POST", keys_path, asked);
    EXPECT_EQ(x.status, 400);
    EXPECT_EQ(type_of(x), "urn:tollgate:problem:idempotency_key_required");
    EXPECT_EQ(admin.as("bob", "POST", keys_path, asked, std::string(255, 'k')).status, 201);
    EXPECT_EQ(admin.as("bob", "POST", keys_path, asked, std::string(256, 'k')).status, 400);
    EXPECT_EQ(admin.as("bob", "POST", keys_path, asked, "two\nlines").status, 400);
    EXPECT_EQ(admin.keys->rows.size(), 1u);
}

TEST(admin_changes, happen_once_and_a_repetition_gets_the_first_answer_without_the_secret) {
    listener admin;
    const auto first = admin.as("bob", "POST", keys_path, asked, "k1");
    ASSERT_EQ(first.status, 201) << first.answer;
    const std::string secret = admin.json_of(first)["secret"];
    EXPECT_TRUE(secret.starts_with("sk-tg-"));
    EXPECT_EQ(first.header("idempotency-replayed"), "");
    // The same, written in another way, with the key quoted.
    const auto again =
        admin.as("bob", "POST", keys_path,
                 R"({ "label":"bot", "tenant":"acme", "models":["small"], "feature":"support" })", "\"k1\"");
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.header("idempotency-replayed"), "true");
    EXPECT_EQ(admin.json_of(again)["id"], admin.json_of(first)["id"]);
    EXPECT_TRUE(admin.json_of(again)["secret"].is_null());
    EXPECT_NE(admin.json_of(again)["secret_note"], "");
    EXPECT_EQ(admin.keys->rows.size(), 1u);
    for (const auto& [name, claim] : admin.requests->claims) EXPECT_EQ(claim.answer.find(secret), std::string::npos);
    EXPECT_EQ(admin.told_of_changes, 1);
}

TEST(admin_changes, a_key_used_for_another_body_is_422_and_changes_nothing) {
    listener admin;
    ASSERT_EQ(admin.as("bob", "POST", keys_path, asked, "k1").status, 201);
    const auto other = admin.as("bob", "POST", keys_path, R"({"tenant":"beta"})", "k1");
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(type_of(other), "urn:tollgate:problem:idempotency_key_reused");
    EXPECT_EQ(admin.as("bob", "PATCH", "/admin/v1/tenants/acme", R"({"status":null})", "k1").status, 422);
    EXPECT_EQ(admin.keys->rows.size(), 1u);
}

TEST(admin_changes, one_that_runs_already_is_409) {
    listener admin;
    test::fake_admin_store elsewhere(admin.keys, admin.requests);
    ASSERT_EQ(admin.as("bob", "POST", keys_path, asked, "k1").status, 201);
    admin.requests->claims.begin()->second.status.reset(); // as if it had not finished
    const auto x = admin.as("bob", "POST", keys_path, asked, "k1");
    EXPECT_EQ(x.status, 409);
    EXPECT_EQ(type_of(x), "urn:tollgate:problem:idempotency_in_progress");
    EXPECT_EQ(admin.keys->rows.size(), 1u);
}

TEST(admin_changes, what_is_refused_frees_its_key_and_leaves_nothing) {
    listener admin;
    const auto bad = admin.as("bob", "POST", keys_path, R"({"tenant":"nobody"})", "k1");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(type_of(bad), "urn:tollgate:problem:unknown_tenant");
    EXPECT_TRUE(admin.keys->audits.empty());
    EXPECT_EQ(admin.as("bob", "POST", keys_path, asked, "k1").status, 201);
}

TEST(admin_changes, leave_an_audit_row_each_that_can_be_read) {
    listener admin;
    ASSERT_EQ(admin.as("bob", "PATCH", "/admin/v1/tenants/acme", R"({"status":"suspended"})", "k1").status, 200);
    ASSERT_EQ(admin.as("bob", "PATCH", "/admin/v1/tenants/acme", R"({"status":null})", "k2").status, 200);
    const auto id = admin.json_of(admin.as("bob", "POST", keys_path, asked, "k3"))["id"].get<std::string>();
    const auto rows = admin.json_of(admin.as("alice", "GET", "/admin/v1/audit?limit=2"));
    ASSERT_EQ(rows["data"].size(), 2u);
    EXPECT_EQ(rows["data"][0]["what"], "key.create");
    EXPECT_EQ(rows["data"][0]["subject"], id);
    EXPECT_EQ(rows["data"][0]["after"]["feature"], "support");
    EXPECT_EQ(rows["data"][1]["actor"], "bob");
    EXPECT_EQ(rows["data"][1]["before"]["status"], "suspended");
    EXPECT_TRUE(rows["data"][1]["after"]["status"].is_null());
    const auto rest =
        admin.json_of(admin.as("alice", "GET", "/admin/v1/audit?limit=2&after=" + rows["next"].get<std::string>()));
    ASSERT_EQ(rest["data"].size(), 1u);
    EXPECT_TRUE(rest["next"].is_null());
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", "/admin/v1/audit?subject=acme"))["data"].size(), 2u);
    EXPECT_EQ(admin.as("alice", "GET", "/admin/v1/audit?from=yesterday").status, 400);
}

TEST(admin_keys, are_listed_shown_revoked_and_rotated) {
    listener admin;
    const auto made = admin.json_of(admin.as("bob", "POST", keys_path, asked, "k1"));
    const std::string path = std::string(keys_path) + "/" + made["id"].get<std::string>();
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", path))["state"], "active");
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", "/admin/v1/keys?tenant=acme"))["data"].size(), 1u);
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", "/admin/v1/keys?tenant=beta"))["data"].size(), 0u);
    EXPECT_EQ(admin.as("alice", "GET", "/admin/v1/keys/key_none").status, 404);

    const auto fresh = admin.as("bob", "POST", path + "/rotate", R"({"grace":"30m"})", "k2");
    ASSERT_EQ(fresh.status, 201) << fresh.answer;
    EXPECT_EQ(admin.json_of(fresh)["replaces"], made["id"]);
    EXPECT_EQ(admin.json_of(fresh)["feature"], "support");
    EXPECT_EQ(admin.json_of(admin.as("alice", "GET", path))["expires"], "2026-06-15T12:30:00Z");
    const auto twice = admin.as("bob", "POST", path + "/rotate", "", "k3");
    EXPECT_EQ(twice.status, 409);
    EXPECT_EQ(admin.keys->rows.size(), 2u);

    const auto revoked = admin.as("bob", "DELETE", path, "", "k4");
    EXPECT_EQ(admin.json_of(revoked)["state"], "revoked");
    EXPECT_EQ(admin.as("bob", "POST", path + "/revoke", "", "k5").status, 200);
    EXPECT_EQ(admin.as("bob", "DELETE", "/admin/v1/keys/key_none", "", "k6").status, 404);
}

TEST(admin_keys, that_cannot_be_are_refused) {
    listener admin;
    const std::pair<const char*, const char*> rows[] = {
        {"[]", "not a JSON object"},
        {"{", "not JSON"},
        {"{}", "\\\"tenant\\\" is missing"},
        {R"({"tenant":"acme","colour":"red"})", "colour"},
        {R"({"tenant":"acme","models":["none"]})", "not in the catalogue"},
        {R"({"tenant":"acme","models":"small"})", "list of strings"},
        {R"({"tenant":"acme","expires":"2026-06-15T11:00:00Z"})", "expired already"},
        {R"({"tenant":"acme","expires":"soon"})", "neither a date"},
        {R"({"tenant":7})", "must be a string"},
    };
    for (const auto& [body, says] : rows) {
        const auto x = admin.as("bob", "POST", keys_path, body, "k1");
        EXPECT_EQ(x.status, 400) << body;
        EXPECT_NE(x.answer.find(says), std::string::npos) << x.answer;
    }
    for (const char* grace : {"1", "-1s", "31d", "h", "1w"})
        EXPECT_EQ(
            admin.as("bob", "POST", "/admin/v1/keys/key_1/rotate", "{\"grace\":\"" + std::string(grace) + "\"}", "k1")
                .status,
            400)
            << grace;
}

}
