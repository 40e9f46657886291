#include "ops.hpp"
#include "world.hpp"

#include <atomic>
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

namespace {

// As one transaction each.
store_result<void> create(store::admin_store& db, const store::key_row& row) {
    store::admin_transaction together(db);
    if (auto made = db.create_key(row); !made) return made;
    return together.commit();
}
store_result<void> update(store::admin_store& db, const store::key_row& row) {
    store::admin_transaction together(db);
    if (auto made = db.update_key(row); !made) return made;
    return together.commit();
}

}

TEST_P(over_databases, a_key_comes_back_by_hash_and_by_id) {
    const auto db = keys();
    const auto desk = admin();
    ASSERT_TRUE(create(*desk, key("key_1")).has_value());
    const auto by_hash = db->by_hash(key("key_1").hash);
    ASSERT_TRUE(by_hash.has_value() && by_hash->has_value());
    expect_same(**by_hash, key("key_1"));
    EXPECT_GT((*by_hash)->revision, 0);
    expect_same(**db->by_id("key_1"), key("key_1"));
    expect_same(**desk->key("key_1"), key("key_1"));
    EXPECT_FALSE(db->by_id("key_2").value().has_value());
    EXPECT_FALSE(db->by_hash(key("key_2").hash).value().has_value());
}

TEST_P(over_databases, a_changed_key_gets_the_next_revision) {
    const auto db = keys();
    const auto desk = admin();
    ASSERT_TRUE(create(*desk, key("key_1")).has_value());
    const std::int64_t first = db->by_id("key_1").value()->revision;
    ASSERT_TRUE(create(*desk, key("key_2")).has_value());
    auto row = key("key_1");
    row.revoked = instant{1'782'950'400'500'000};
    row.expires = instant{1'782'950'401'000'000};
    row.models.clear();
    row.replaced_by = "key_2";
    ASSERT_TRUE(update(*desk, row).has_value());
    expect_same(**db->by_id("key_1"), row);
    const auto changed = db->changed_since(first, 10);
    ASSERT_TRUE(changed.has_value());
    ASSERT_EQ(changed->size(), 2u);
    EXPECT_EQ(changed->at(0).id, "key_2");
    EXPECT_EQ(changed->at(1).id, "key_1");
    EXPECT_EQ(changed->at(1).revision, db->revision().value());
    EXPECT_EQ(db->changed_since(first, 1)->size(), 1u);
    EXPECT_TRUE(db->changed_since(db->revision().value(), 10)->empty());
}

TEST_P(over_databases, updating_an_unknown_key_changes_nothing) {
    const auto desk = admin();
    EXPECT_FALSE(update(*desk, key("key_1")).has_value());
    EXPECT_TRUE(desk->keys("", "", 10)->empty());
}

TEST_P(over_databases, the_same_key_is_not_made_twice) {
    const auto desk = admin();
    ASSERT_TRUE(create(*desk, key("key_1")).has_value());
    EXPECT_FALSE(create(*desk, key("key_1")).has_value());
    EXPECT_EQ(desk->keys("", "", 10)->size(), 1u);
    EXPECT_TRUE(create(*desk, key("key_2")).has_value()); // the failure left nothing open
}

TEST_P(over_databases, keys_are_listed_in_pages_per_tenant_or_all) {
    const auto desk = admin();
    for (const char* id : {"key_3", "key_1", "key_2"}) {
        auto row = key(id);
        if (row.id == "key_2") row.tenant = "beta";
        ASSERT_TRUE(create(*desk, row).has_value());
    }
    ASSERT_EQ(desk->keys("", "", 2)->size(), 2u);
    EXPECT_EQ(desk->keys("", "", 2)->at(1).id, "key_2");
    ASSERT_EQ(desk->keys("", "key_2", 2)->size(), 1u);
    EXPECT_EQ(desk->keys("", "key_2", 2)->at(0).id, "key_3");
    ASSERT_EQ(desk->keys("acme", "", 9)->size(), 2u);
    ASSERT_EQ(desk->keys("beta", "", 9)->size(), 1u);
    EXPECT_TRUE(desk->keys("gamma", "", 9)->empty());
}

// A poller that has seen revision n will never ask for lower ones again: none may turn up later.
TEST_P(over_databases, revisions_are_in_order_to_a_poller_whoever_writes) {
    constexpr int writers = 3, each = 15;
    std::vector<std::thread> threads;
    for (int w = 0; w < writers; ++w)
        threads.emplace_back([&, w] {
            const auto desk = admin();
            for (int i = 0; i < each; ++i)
                EXPECT_TRUE(create(*desk, key("key_" + std::to_string(w) + "_" + std::to_string(i))).has_value());
        });
    std::atomic<bool> over = false;
    std::set<std::string> seen;
    std::thread poller([&] {
        const auto db = keys();
        std::int64_t at = 0;
        for (bool last = false; !last;) {
            last = over;
            const auto rows = db->changed_since(at, 4);
            ASSERT_TRUE(rows.has_value()) << rows.error().detail;
            if (!rows->empty()) last = false;
            for (const auto& row : *rows) {
                EXPECT_GT(row.revision, at);
                at = row.revision;
                seen.insert(row.id);
            }
        }
    });
    for (auto& thread : threads) thread.join();
    over = true;
    poller.join();
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(writers * each));
}

TEST_P(over_databases, a_secret_and_a_policy_version_are_stored_once) {
    const auto one = keys(), two = keys();
    EXPECT_EQ(one->secret("pepper", "first").value(), "first");
    EXPECT_EQ(two->secret("pepper", "second").value(), "first");
    using names = std::vector<std::string>;
    EXPECT_EQ(one->remember_policies({}).value(), names{});
    EXPECT_EQ(one->remember_policies({{"acme", "v1", "hash-1", "{}", {}}}).value(), names{"hash-1"});
    EXPECT_EQ(two->remember_policies({{"beta", "v1", "hash-3", "{ }", {}},
                                      {"acme", "v1", "hash-2", "{ }", {}},
                                      {"acme", "v2", "hash-2", "{ }", {}}})
                  .value(),
              (names{"hash-3", "hash-1", "hash-2"}));
    const auto stored = admin()->version_of("acme", "v1");
    ASSERT_TRUE(stored.has_value() && stored->has_value());
    EXPECT_EQ((*stored)->content, "{}");
    EXPECT_GT((*stored)->seen.us, 0);
}

TEST_P(over_databases, policy_versions_are_read_back_by_tenant) {
    const auto db = keys();
    const std::string content = "{\"name\":\"a \\\"quoted\\\" \xc3\xa4\"}";
    ASSERT_TRUE(db->remember_policies({{"reader", "v2", "hash-2", content, {}}}).has_value());
    ASSERT_TRUE(db->remember_policies({{"reader", "v1", "hash-1", "{}", {}}}).has_value());
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

TEST_P(over_databases, many_policy_versions_are_remembered_in_one_call) {
    const auto db = keys();
    std::vector<store::policy_version> rows;
    std::vector<std::string> hashes;
    for (int i = 0; i < 2'500; ++i) {
        rows.push_back({"t" + std::to_string(i), "v1", "h" + std::to_string(i), "{}", {}});
        hashes.push_back(rows.back().hash);
    }
    EXPECT_EQ(db->remember_policies(rows).value(), hashes);
    EXPECT_EQ(db->remember_policies(rows).value(), hashes);
}

}
