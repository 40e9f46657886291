#include "support.hpp"

namespace tollgate::config {
namespace {

using test::scratch_folder;

const load_options today{.now = test::some_day};

// A small configuration that loads.
void write_small(const scratch_folder& folder) {
    folder.write("tollgate.yaml", "store: {url: \"sqlite:x.db\"}\n");
    folder.write("catalog.yaml", test::small_catalog);
    folder.write("prices.yaml", test::small_prices);
    folder.write("policies/tenant_123.json", test::seed_policy);
}

std::string all(const std::vector<problem>& problems) {
    std::string text;
    for (const problem& one : problems) text += to_text(one) + "\n";
    return text;
}

TEST(load, reads_everything_from_the_folder_of_the_file) {
    const scratch_folder folder;
    write_small(folder);
    folder.write("policies/templates/base.yaml", "monthly_budget_usd: 7\n");
    folder.write("policies/b.yml", "tenant_id: b\npolicy_version: v\nextends: base\n");
    folder.write("policies/.hidden.yaml", "nonsense: true\n");
    folder.write("policies/notes.txt", "not a policy");
    const auto got = load(folder.path("tollgate.yaml"), today);
    ASSERT_TRUE(got.has_value()) << all(got.error());
    EXPECT_EQ(got->settings.store.url, "sqlite:x.db");
    EXPECT_EQ(got->settings.files.catalog, folder.path("catalog.yaml"));
    EXPECT_NE(got->catalog->find("mid"), nullptr);
    EXPECT_NE(got->policies->find("tenant_123"), nullptr);
    EXPECT_EQ(got->policies->find("b")->monthly_budget, usd_nano(7'000'000'000));
    EXPECT_EQ(got->policies->find("base"), nullptr);
    EXPECT_EQ(got->sources.at("tenant_123").file, folder.path("policies/tenant_123.json"));
    EXPECT_EQ(sha256_hex(got->sources.at("tenant_123").canonical), got->policies->find("tenant_123")->hash);
    EXPECT_EQ(got->counts.files, 6u);
    EXPECT_EQ(got->counts.tenants, 2u);
    EXPECT_EQ(got->counts.templates, 1u);
    EXPECT_EQ(got->counts.models, 4u);
    EXPECT_EQ(got->counts.prices, 3u);
    EXPECT_TRUE(got->templates->contains("base"));
}

TEST(load, is_all_or_nothing_and_reports_the_faults_of_every_file_at_once) {
    const scratch_folder folder;
    write_small(folder);
    folder.write("tollgate.yaml", "sever: {}\n");
    folder.write("catalog.yaml", std::string(test::small_catalog) + "extra: 1\n");
    folder.write("prices.yaml", std::string(test::small_prices) + "  - {provider: openai, model: x}\n");
    folder.write("policies/bad.yaml", "tenant_id: t\npolicy_version: v\nhard_stop_usd: much\n");
    const auto got = load(folder.path("tollgate.yaml"), today);
    ASSERT_FALSE(got.has_value());
    const std::string faults = all(got.error());
    EXPECT_NE(faults.find("tollgate.yaml:1:1: unknown key `sever`; did you mean `server`?"), std::string::npos)
        << faults;
    EXPECT_NE(faults.find("catalog.yaml:9:1: unknown key `extra`"), std::string::npos) << faults;
    EXPECT_NE(faults.find("prices.yaml:7:5: `input` is missing"), std::string::npos) << faults;
    EXPECT_NE(faults.find("bad.yaml:3:16: `much` is not an amount in USD"), std::string::npos) << faults;
}

TEST(load, a_missing_file_is_named) {
    const scratch_folder folder;
    const auto none = load(folder.path("tollgate.yaml"), today);
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(all(none.error()), folder.path("tollgate.yaml") + ": cannot be read: No such file or directory\n");
    folder.write("tollgate.yaml", "");
    const auto no_catalog = load(folder.path("tollgate.yaml"), today);
    ASSERT_FALSE(no_catalog.has_value());
    EXPECT_NE(all(no_catalog.error()).find("catalog.yaml: cannot be read"), std::string::npos);
    EXPECT_NE(all(no_catalog.error()).find("prices.yaml: cannot be read"), std::string::npos);
}

TEST(load, two_files_for_one_tenant_are_refused) {
    const scratch_folder folder;
    write_small(folder);
    folder.write("policies/zz.yaml", "tenant_id: tenant_123\npolicy_version: v\n");
    const auto got = load(folder.path("tollgate.yaml"), today);
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(all(got.error()), folder.path("policies/zz.yaml") + ": the tenant `tenant_123` is already defined in " +
                                    folder.path("policies/tenant_123.json") + "\n");
}

TEST(load, a_fault_of_a_template_is_told_once_however_many_extend_it) {
    const scratch_folder folder;
    write_small(folder);
    folder.write("policies/templates/base.yaml", "monthly_budget_usd: x\n");
    for (int i = 0; i < 20; ++i)
        folder.write("policies/t" + std::to_string(i) + ".yaml",
                     "tenant_id: t" + std::to_string(i) + "\npolicy_version: v\nextends: base\n");
    const auto got = load(folder.path("tollgate.yaml"), today);
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().size(), 1u) << all(got.error());
}

TEST(load, tls_files_must_be_readable_and_are_watched_apart) {
    const scratch_folder folder;
    write_small(folder);
    folder.write("tollgate.yaml", "server: {tls: {cert: c.pem, key: k.pem}}\n");
    folder.write("c.pem", "x");
    const auto missing = load(folder.path("tollgate.yaml"), today);
    ASSERT_FALSE(missing.has_value());
    EXPECT_NE(all(missing.error()).find("k.pem: cannot be read"), std::string::npos);
    folder.write("k.pem", "x");
    const auto got = load(folder.path("tollgate.yaml"), today);
    ASSERT_TRUE(got.has_value()) << all(got.error());
    const auto before = fingerprint(got->watched);
    folder.write("c.pem", "longer");
    const auto after = fingerprint(got->watched);
    EXPECT_EQ(before.files, after.files);
    EXPECT_EQ(before.folders, after.folders);
    EXPECT_NE(before.tls, after.tls);
}

TEST(load, the_fingerprint_moves_with_every_kind_of_change) {
    const scratch_folder folder;
    write_small(folder);
    folder.write("secret", "s3cret\n");
    folder.write("tollgate.yaml", "admin: {token: \"${file:secret}\"}\n");
    const auto got = load(folder.path("tollgate.yaml"), today);
    ASSERT_TRUE(got.has_value()) << all(got.error());
    EXPECT_EQ(got->settings.admin.token, "s3cret");
    const auto& watched = got->watched;
    auto last = fingerprint(watched);
    EXPECT_EQ(fingerprint(watched), last);
    const auto expect_moved = [&](const char* what) {
        const auto now = fingerprint(watched);
        EXPECT_TRUE(now.files != last.files || now.folders != last.folders) << what;
        last = now;
    };
    folder.write("tollgate.yaml", "# longer\nadmin: {token: \"${file:secret}\"}\n");
    expect_moved("main file");
    folder.write("prices.yaml", "version: x\n");
    expect_moved("prices");
    folder.write("secret", "another-secret\n");
    expect_moved("a file that a reference names");
    folder.write("policies/new.yaml", "tenant_id: n\n");
    expect_moved("a new policy");
    folder.write("policies/new.yaml", "tenant_id: nn\n");
    expect_moved("a changed policy");
    std::filesystem::rename(folder.path("policies/new.yaml"), folder.path("policies/other.yaml"));
    expect_moved("a renamed policy");
    std::filesystem::remove(folder.path("policies/other.yaml"));
    expect_moved("a removed policy");
    folder.write("policies/templates/t.yaml", "name: x\n");
    expect_moved("a template");
    std::filesystem::remove(folder.path("catalog.yaml"));
    expect_moved("a removed catalogue");
}

TEST(load, the_kernel_hints_at_every_change_of_a_policy_folder_and_at_nothing_else) {
    const scratch_folder folder;
    write_small(folder);
    folder.write("policies/templates/t.yaml", "name: x\n");
    const auto got = load(folder.path("tollgate.yaml"), today);
    ASSERT_TRUE(got.has_value()) << all(got.error());
    folder_hints hints;
    hints.follow(got->watched.folders);
    EXPECT_FALSE(hints.happened());
    const auto expect_hint = [&](const char* what) {
        EXPECT_TRUE(hints.happened()) << what;
        EXPECT_FALSE(hints.happened()) << "again after " << what;
    };
    folder.write("policies/new.yaml", "tenant_id: n\n");
    expect_hint("a new policy");
    folder.write("policies/new.yaml", "tenant_id: nn\n");
    expect_hint("a policy changed in place");
    std::filesystem::rename(folder.path("policies/new.yaml"), folder.path("policies/other.yaml"));
    expect_hint("a renamed policy");
    std::filesystem::remove(folder.path("policies/other.yaml"));
    expect_hint("a removed policy");
    folder.write("policies/templates/t.yaml", "name: y\n");
    expect_hint("a template");
    folder.write("prices.yaml", "version: x\n"); // looked at every time anyway
    EXPECT_FALSE(hints.happened());
    std::filesystem::remove_all(folder.path("policies"));
    EXPECT_TRUE(hints.happened());
    EXPECT_TRUE(hints.happened()) << "a folder that is not there is looked for every time";
    std::filesystem::create_directories(folder.path("policies/templates"));
    EXPECT_TRUE(hints.happened());
    EXPECT_FALSE(hints.happened());
}

TEST(load, a_folder_of_templates_that_is_not_there_is_no_reason_to_look_every_time) {
    const scratch_folder folder;
    write_small(folder);
    folder.write("policies/one.yaml", "tenant_id: n\n");
    const auto got = inspect(folder.path("tollgate.yaml"), today);
    folder_hints hints;
    hints.follow(got.watched.folders);
    EXPECT_FALSE(hints.happened());
    folder.write("policies/templates/t.yaml", "name: x\n"); // makes the folder
    EXPECT_TRUE(hints.happened());
    EXPECT_FALSE(hints.happened());
    folder.write("policies/templates/t.yaml", "name: y\n");
    EXPECT_TRUE(hints.happened());
}

TEST(load, a_broken_configuration_is_still_watched) {
    const scratch_folder folder;
    write_small(folder);
    folder.write("policies/bad.yaml", "tenant_id: [\n");
    const report got = inspect(folder.path("tollgate.yaml"), today);
    EXPECT_FALSE(got.value);
    EXPECT_FALSE(got.problems.empty());
    const auto before = fingerprint(got.watched);
    folder.write("policies/bad.yaml", "tenant_id: repaired\npolicy_version: v\n");
    EXPECT_NE(fingerprint(got.watched), before);
    EXPECT_TRUE(inspect(folder.path("tollgate.yaml"), today).value);
}

TEST(load, other_content_under_the_same_version_is_found) {
    const scratch_folder folder;
    write_small(folder);
    const auto before = load(folder.path("tollgate.yaml"), today);
    ASSERT_TRUE(before.has_value());
    EXPECT_TRUE(changed_without_new_version(*before, *before).empty());

    std::string changed = test::seed_policy;
    changed.replace(changed.find("500"), 3, "501");
    folder.write("policies/tenant_123.json", changed);
    const auto same_version = load(folder.path("tollgate.yaml"), today);
    ASSERT_TRUE(same_version.has_value());
    ASSERT_EQ(changed_without_new_version(*before, *same_version).size(), 1u);
    EXPECT_EQ(changed_without_new_version(*before, *same_version)[0].file, folder.path("policies/tenant_123.json"));

    changed.replace(changed.find("budget-v1"), 9, "budget-v2");
    folder.write("policies/tenant_123.json", changed);
    const auto new_version = load(folder.path("tollgate.yaml"), today);
    ASSERT_TRUE(new_version.has_value());
    EXPECT_TRUE(changed_without_new_version(*before, *new_version).empty());
}

TEST(load, many_files_give_the_same_result_on_any_number_of_threads) {
    const scratch_folder folder;
    write_small(folder);
    for (int i = 0; i < 300; ++i)
        folder.write("policies/t" + std::to_string(i) + ".yaml", "tenant_id: t" + std::to_string(i) +
                                                                     "\npolicy_version: v\ntimezone: Europe/Berlin\n"
                                                                     "monthly_budget_usd: " +
                                                                     std::to_string(i) + "\n");
    load_options one = today, four = today;
    one.threads = 1;
    four.threads = 4;
    const auto a = load(folder.path("tollgate.yaml"), one), b = load(folder.path("tollgate.yaml"), four);
    ASSERT_TRUE(a.has_value() && b.has_value());
    ASSERT_EQ(a->policies->tenants.size(), 301u);
    for (const auto& [tenant, policy] : a->policies->tenants) EXPECT_EQ(b->policies->find(tenant)->hash, policy->hash);
}

TEST(load, a_policy_file_over_its_size_is_refused) {
    const scratch_folder folder;
    write_small(folder);
    folder.write("policies/big.yaml", "#" + std::string(limits::policy_file_bytes_max, 'x'));
    const auto got = load(folder.path("tollgate.yaml"), today);
    ASSERT_FALSE(got.has_value());
    EXPECT_NE(all(got.error()).find("big.yaml: larger than 262144 bytes"), std::string::npos);
}

}
}
