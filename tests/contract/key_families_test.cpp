#include "world.hpp"

namespace tollgate::test {

namespace {

class key_families : public over_databases {
protected:
    void insert(const std::string& id, const std::string& replaced_by) {
        const bool sqlite = GetParam() == kind::sqlite;
        const std::string hash = sqlite ? "randomblob(32)" : "decode(md5('" + id + "') || md5('x" + id + "'), 'hex')";
        here->sql(
            "INSERT INTO api_keys (id, hash, tenant, label, workspace, feature, agent, environment, models, created, "
            "replaced_by, hint, revision) VALUES ('" +
            id + "', " + hash + ", 'acme', '', '', '', '', '', '', " + (sqlite ? "0" : "CURRENT_TIMESTAMP") + ", '" +
            replaced_by + "', '', 0)");
    }
    std::string family_of(const std::string& id) { return keys()->by_id(id).value().value().family; }
};

}

TEST_P(key_families, keys_of_an_older_program_follow_their_chains) {
    here->sql("ALTER TABLE api_keys DROP COLUMN family");
    here->sql("DELETE FROM schema_migrations WHERE number = 9");
    insert("key_alone", "");
    insert("key_1", "key_0"); // ids say nothing of the order
    insert("key_0", "key_9");
    insert("key_9", "");
    insert("key_a", "key_b");
    insert("key_b", "");
    ASSERT_TRUE(here->database()->migrate().has_value());
    for (const char* id : {"key_1", "key_0", "key_9"}) EXPECT_EQ(family_of(id), "key_1") << id;
    for (const char* id : {"key_a", "key_b"}) EXPECT_EQ(family_of(id), "key_a") << id;
    EXPECT_EQ(family_of("key_alone"), "key_alone");
}

TEST_P(key_families, a_key_that_an_older_program_makes_beside_this_one_is_its_own_family) {
    insert("key_1", "");
    EXPECT_EQ(family_of("key_1"), "key_1");
}

INSTANTIATE_TEST_SUITE_P(contract, key_families, testing::Values(kind::sqlite, kind::postgres));

}
