#include "ops.hpp"
#include "world.hpp"

#include <set>
#include <thread>

namespace tollgate::test {

namespace {

store::key_row key(const std::string& id) {
    store::key_row row;
    row.id = id;
    for (std::size_t i = 0; i < row.hash.size(); ++i)
        row.hash[i] = static_cast<std::uint8_t>(i < id.size() ? static_cast<unsigned char>(id[i]) : i * 9);
    row.tenant = "acme";
    row.label = "label";
    row.workspace = "w";
    row.feature = "f";
    row.agent = "a";
    row.environment = "production";
    row.models = {"gpt-5", "gpt-5-mini"};
    row.created = instant{1'782'950'400'123'456};
    row.hint = "wxyz";
    row.family = "key_first";
    return row;
}

void expect_same(const store::key_row& a, const store::key_row& b) {
    const auto names = [](const store::key_row& r) {
        return std::vector<std::string>{r.id,    r.tenant,      r.label,       r.workspace, r.feature,
                                        r.agent, r.environment, r.replaced_by, r.hint,      r.family};
    };
    EXPECT_EQ(names(a), names(b));
    EXPECT_EQ(a.hash, b.hash);
    EXPECT_EQ(a.models, b.models);
    EXPECT_EQ(a.expires, b.expires);
    EXPECT_EQ(a.revoked, b.revoked);
    EXPECT_EQ(a.created, b.created);
}

}

TEST_P(over_databases, a_key_comes_back_by_hash_and_by_id) {
    const auto db = keys();
    ASSERT_TRUE(db->create(key("key_1")).has_value());
    const auto by_hash = db->by_hash(key("key_1").hash);
    ASSERT_TRUE(by_hash.has_value() && by_hash->has_value());
    expect_same(**by_hash, key("key_1"));
    EXPECT_EQ((*by_hash)->revision, 1);
    expect_same(**db->by_id("key_1"), key("key_1"));
    EXPECT_FALSE(db->by_id("key_2").value().has_value());
    EXPECT_FALSE(db->by_hash(key("key_2").hash).value().has_value());
}

TEST_P(over_databases, a_changed_key_gets_the_next_revision) {
    const auto db = keys();
    ASSERT_TRUE(db->create(key("key_1")).has_value());
    ASSERT_TRUE(db->create(key("key_2")).has_value());
    auto row = key("key_1");
    row.revoked = instant{1'782'950'400'500'000};
    row.expires = instant{1'782'950'401'000'000};
    row.models.clear();
    row.replaced_by = "key_2";
    EXPECT_TRUE(db->update(row).value());
    expect_same(**db->by_id("key_1"), row);
    const auto changed = db->changed_since(1, 10);
    ASSERT_TRUE(changed.has_value());
    ASSERT_EQ(changed->size(), 2u);
    EXPECT_EQ(changed->at(0).id, "key_2");
    EXPECT_EQ(changed->at(1).id, "key_1");
    EXPECT_EQ(changed->at(1).revision, db->revision().value());
    EXPECT_EQ(db->changed_since(1, 1)->size(), 1u);
    EXPECT_TRUE(db->changed_since(db->revision().value(), 10)->empty());
}

TEST_P(over_databases, updating_an_unknown_key_changes_nothing) {
    const auto db = keys();
    EXPECT_FALSE(db->update(key("key_1")).value());
    EXPECT_TRUE(db->list(std::nullopt)->empty());
}

TEST_P(over_databases, the_same_key_is_not_made_twice) {
    const auto db = keys();
    ASSERT_TRUE(db->create(key("key_1")).has_value());
    EXPECT_FALSE(db->create(key("key_1")).has_value());
    EXPECT_EQ(db->list(std::nullopt)->size(), 1u);
    EXPECT_TRUE(db->create(key("key_2")).has_value()); // the failure left nothing open
}

TEST_P(over_databases, keys_are_listed_per_tenant) {
    const auto db = keys();
    auto other = key("key_2");
    other.tenant = "beta";
    ASSERT_TRUE(db->create(key("key_1")).has_value());
    ASSERT_TRUE(db->create(other).has_value());
    EXPECT_EQ(db->list(std::nullopt)->size(), 2u);
    ASSERT_EQ(db->list("beta")->size(), 1u);
    EXPECT_EQ(db->list("beta")->at(0).id, "key_2");
}

// A poller that has seen revision n will never ask for lower ones again: none may turn up later.
TEST_P(over_databases, revisions_are_gapless_to_a_poller_whoever_writes) {
    constexpr int writers = 3, each = 15;
    std::vector<std::thread> threads;
    for (int w = 0; w < writers; ++w)
        threads.emplace_back([&, w] {
            const auto db = keys();
            for (int i = 0; i < each; ++i)
                EXPECT_TRUE(db->create(key("key_" + std::to_string(w) + "_" + std::to_string(i))).has_value());
        });
    std::set<std::string> seen;
    const auto db = keys();
    for (std::int64_t at = 0; seen.size() < writers * each;) {
        const auto rows = db->changed_since(at, 4);
        ASSERT_TRUE(rows.has_value()) << rows.error().detail;
        for (const auto& row : *rows) {
            EXPECT_GT(row.revision, at);
            at = row.revision;
            seen.insert(row.id);
        }
        if (at == writers * each) break; // the last revision: what is missing was skipped
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(writers * each));
}

TEST_P(over_databases, a_secret_and_a_policy_version_are_stored_once) {
    const auto one = keys(), two = keys();
    EXPECT_EQ(one->secret("pepper", "first").value(), "first");
    EXPECT_EQ(two->secret("pepper", "second").value(), "first");
    EXPECT_EQ(one->remember_policy("acme", "v1", "hash-1", "{}").value(), "hash-1");
    EXPECT_EQ(two->remember_policy("acme", "v1", "hash-2", "{ }").value(), "hash-1");
    EXPECT_EQ(two->remember_policy("acme", "v2", "hash-2", "{ }").value(), "hash-2");
    EXPECT_EQ(two->remember_policy("beta", "v1", "hash-3", "{ }").value(), "hash-3");
}

TEST_P(over_databases, policy_versions_are_read_back_by_tenant) {
    const auto db = keys();
    const std::string content = "{\"name\":\"a \\\"quoted\\\" \xc3\xa4\"}";
    ASSERT_TRUE(db->remember_policy("reader", "v2", "hash-2", content).has_value());
    ASSERT_TRUE(db->remember_policy("reader", "v1", "hash-1", "{}").has_value());
    const auto one = db->remembered_policy("reader", "v2");
    ASSERT_TRUE(one.has_value()) << one.error().detail;
    ASSERT_TRUE(one->has_value());
    EXPECT_EQ((*one)->version, "v2");
    EXPECT_EQ((*one)->hash, "hash-2");
    EXPECT_EQ((*one)->content, content);
    EXPECT_GT((*one)->seen, parse_rfc3339("2024-01-01"));
    EXPECT_FALSE(db->remembered_policy("reader", "v3").value().has_value());
    EXPECT_FALSE(db->remembered_policy("another", "v2").value().has_value());
    const auto all = db->remembered_policies("reader").value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].version, "v1");
    EXPECT_EQ(all[1].version, "v2");
    EXPECT_TRUE(db->remembered_policies("another").value().empty());
}

TEST_P(over_databases, an_audit_row_is_written) {
    EXPECT_TRUE(keys()->audit("admin", "key.revoke", "key_1", "{}", R"({"revoked":true})").has_value());
    here->sql("DELETE FROM audit_log WHERE actor = 'admin' AND subject = 'key_1'");
}

}
