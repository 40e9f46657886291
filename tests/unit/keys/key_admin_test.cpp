#include <support/fake_admin_store.hpp>

#include <tollgate/keys/key_admin.hpp>

#include <gtest/gtest.h>

namespace tollgate::keys {

namespace {

struct desk {
    std::shared_ptr<test::key_rows> rows = std::make_shared<test::key_rows>();
    test::fake_admin_store store{rows};
    test::fake_key_store secrets{rows};
    key_hasher hash{"pepper"};
    instant now = instant::from_seconds(1'780'000'000);
    key_admin keys{store, hash, [this] { return now; }};

    key_request asked() const {
        key_request out;
        out.tenant = "acme";
        out.workspace = "w1";
        out.label = "bot";
        out.models = {"gpt-5-mini"};
        return out;
    }
};

}

TEST(key_admin, creates_a_key_of_which_only_the_hash_is_kept) {
    desk d;
    const auto made = d.keys.create(d.asked(), "alice");
    ASSERT_TRUE(made);
    EXPECT_TRUE(well_formed(made->secret));
    const auto row = d.keys.show(made->row.id);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->hash, d.hash(made->secret));
    EXPECT_EQ(row->tenant, "acme");
    EXPECT_EQ(row->created, d.now);
    EXPECT_EQ(row->hint, made->secret.substr(made->secret.size() - 4));
    ASSERT_EQ(d.rows->audits.size(), 1u);
    const auto& audit = d.rows->audits.front();
    EXPECT_EQ(audit.actor, "alice");
    EXPECT_EQ(audit.what, "key.create");
    EXPECT_EQ(audit.subject, made->row.id);
    EXPECT_EQ(audit.before, "");
    EXPECT_EQ(audit.after.find(made->secret), std::string::npos);
    EXPECT_NE(audit.after.find("\"workspace\":\"w1\""), std::string::npos);
}

TEST(key_admin, refuses_pins_that_cannot_be) {
    desk d;
    struct row {
        const char* what;
        void (*spoil)(key_request&);
        bool fine;
    };
    const row rows[] = {
        {"as asked", [](key_request&) {}, true},
        {"no tenant", [](key_request& k) { k.tenant.clear(); }, false},
        {"a long tag", [](key_request& k) { k.agent.assign(128, 'a'); }, true},
        {"a tag too long", [](key_request& k) { k.agent.assign(129, 'a'); }, false},
        {"a line break", [](key_request& k) { k.label = "a\nb"; }, false},
        {"a model of two lines", [](key_request& k) { k.models = {"a\nb"}; }, false},
        {"an empty model", [](key_request& k) { k.models = {""}; }, false},
        {"256 models", [](key_request& k) { k.models.assign(256, "m"); }, true},
        {"257 models", [](key_request& k) { k.models.assign(257, "m"); }, false},
        {"expired now", [](key_request& k) { k.expires = instant::from_seconds(1'780'000'000); }, false},
        {"expired soon", [](key_request& k) { k.expires = instant::from_seconds(1'780'000'001); }, true},
    };
    for (const row& r : rows) {
        key_request asked = d.asked();
        r.spoil(asked);
        const auto made = d.keys.create(asked, "alice");
        EXPECT_EQ(made.has_value(), r.fine) << r.what;
        if (!made) EXPECT_EQ(made.error().code, errc::invalid_request) << r.what;
    }
}

TEST(key_admin, rotation_hands_the_pins_on_and_lets_the_old_key_live_through_its_grace) {
    desk d;
    const auto old = d.keys.create(d.asked(), "alice");
    const auto fresh = d.keys.rotate(old->row.id, 60'000, "bob");
    ASSERT_TRUE(fresh);
    EXPECT_NE(fresh->secret, old->secret);
    EXPECT_EQ(fresh->row.workspace, "w1");
    EXPECT_EQ(fresh->row.models, old->row.models);
    EXPECT_FALSE(fresh->row.expires);
    const auto ending = d.keys.show(old->row.id);
    EXPECT_EQ(ending->replaced_by, fresh->row.id);
    EXPECT_EQ(ending->expires, instant{d.now.us + 60'000'000});
    EXPECT_EQ(state_of(*ending, d.now), "expiring");
    EXPECT_EQ(state_of(*ending, {d.now.us + 59'999'999}), "expiring");
    EXPECT_EQ(state_of(*ending, {d.now.us + 60'000'000}), "expired");
    EXPECT_EQ(d.rows->audits.back().what, "key.rotate");
    EXPECT_NE(d.rows->audits.back().after.find(fresh->row.id), std::string::npos);
}

TEST(key_admin, every_rotation_stays_in_the_family_of_the_first_key) {
    desk d;
    const auto first = d.keys.create(d.asked(), "alice");
    const auto second = d.keys.rotate(first->row.id, 60'000, "bob");
    const auto third = d.keys.rotate(second->row.id, 60'000, "bob");
    EXPECT_EQ(first->row.family, first->row.id);
    EXPECT_EQ(second->row.family, first->row.id);
    ASSERT_TRUE(third);
    EXPECT_EQ(third->row.family, first->row.id);
    EXPECT_EQ(d.keys.show(third->row.id)->family, first->row.id);
    EXPECT_NE(d.keys.create(d.asked(), "alice")->row.family, first->row.id);
}

TEST(key_admin, a_key_that_is_over_or_replaced_is_not_rotated) {
    desk d;
    const auto key = d.keys.create(d.asked(), "alice");
    ASSERT_TRUE(d.keys.rotate(key->row.id, 1000, "bob"));
    EXPECT_FALSE(d.keys.rotate(key->row.id, 1000, "bob"));
    const auto revoked = d.keys.create(d.asked(), "alice");
    ASSERT_TRUE(d.keys.revoke(revoked->row.id, "bob"));
    const auto again = d.keys.rotate(revoked->row.id, 1000, "bob");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, errc::invalid_request);
    EXPECT_EQ(d.keys.rotate("key_none", 1000, "bob").error().code, errc::path_not_found);
}

TEST(key_admin, a_rotation_does_not_prolong_a_key_that_ends_sooner) {
    desk d;
    key_request asked = d.asked();
    asked.expires = instant{d.now.us + 5'000'000};
    const auto old = d.keys.create(asked, "alice");
    const auto fresh = d.keys.rotate(old->row.id, 60'000, "bob");
    EXPECT_EQ(d.keys.show(old->row.id)->expires, asked.expires);
    EXPECT_EQ(fresh->row.expires, asked.expires);
}

TEST(key_admin, revoking_twice_keeps_the_first_time) {
    desk d;
    const auto key = d.keys.create(d.asked(), "alice");
    const auto first = d.keys.revoke(key->row.id, "bob");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->revoked, d.now);
    const instant then = d.now;
    d.now.us += 1'000'000;
    EXPECT_EQ(d.keys.revoke(key->row.id, "bob")->revoked, then);
    EXPECT_EQ(d.rows->audits.size(), 2u);
    EXPECT_EQ(state_of(*d.keys.show(key->row.id), d.now), "revoked");
    EXPECT_EQ(d.keys.revoke("key_none", "bob").error().code, errc::path_not_found);
}

TEST(key_admin, lists_one_tenant_or_all_and_says_when_the_store_is_away) {
    desk d;
    ASSERT_TRUE(d.keys.create(d.asked(), "alice"));
    key_request other = d.asked();
    other.tenant = "other";
    ASSERT_TRUE(d.keys.create(other, "alice"));
    EXPECT_EQ(d.keys.list("acme")->size(), 1u);
    EXPECT_EQ(d.keys.list(std::nullopt)->size(), 2u);
    d.rows->down = true;
    EXPECT_EQ(d.keys.list("acme").error().code, errc::ledger_unavailable);
    EXPECT_EQ(d.keys.create(d.asked(), "alice").error().code, errc::ledger_unavailable);
}

TEST(pepper, is_the_operators_or_made_once_and_kept) {
    desk d;
    EXPECT_EQ(*pepper_of(d.secrets, "mine"), "mine");
    const auto first = pepper_of(d.secrets, "");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->size(), 64u);
    EXPECT_EQ(*pepper_of(d.secrets, ""), *first);
}

}
