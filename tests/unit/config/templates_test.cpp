#include "support.hpp"

#include <tollgate/config/catalog_file.hpp>

namespace tollgate::config {
namespace {

using test::reading;

// Templates by name, resolved; policies read over them.
class templates_world {
public:
    explicit templates_world(std::map<std::string, std::string> texts) : faults_("") {
        reading prices(test::small_prices), catalog(test::small_catalog);
        price_book book;
        read_prices(*prices.tree, book, prices.at);
        read_catalog(*catalog.tree, book, test::some_day, "", models_, catalog.at);
        std::map<std::string, node, std::less<>> read;
        for (const auto& [name, text] : texts) {
            auto tree = parse_document("t.yaml", text, test::roomy, test::known_references(), faults_.errors);
            read.emplace(name, std::move(*tree));
        }
        const template_map none;
        done_ = resolve_templates(std::move(read), {models_, none, zones_, test::some_day}, faults_.at);
    }
    const reading& faults() const { return faults_; }

    read_policy_result read(const std::string& text) {
        reading own("tenant_id: t\npolicy_version: v\n" + text);
        auto made = read_policy(std::move(*own.tree), {models_, done_, zones_, test::some_day}, own.at);
        last_ = own.all_errors();
        return made;
    }
    const std::string& last() const { return last_; }

private:
    tollgate::catalog models_;
    zone_files zones_;
    reading faults_;
    template_map done_;
    std::string last_;
};

TEST(templates, the_tenants_own_fields_win) {
    templates_world with({{"base", "monthly_budget_usd: 10\nname: Base\nallowed_model_tiers: [economy, standard]\n"
                                   "output: {default_max_tokens: 5, clamp_to_budget: true}\n"}});
    const auto made = with.read(
        "extends: base\nmonthly_budget_usd: 20\nallowed_model_tiers: [premium]\noutput: {default_max_tokens: 7}\n");
    ASSERT_EQ(with.last(), "");
    EXPECT_EQ(made.policy->monthly_budget, usd_nano(20'000'000'000));
    EXPECT_EQ(made.policy->name, "Base");
    EXPECT_EQ(made.policy->allowed_tiers, std::vector<std::string>{"premium"});
    EXPECT_EQ(made.policy->default_max_tokens, 7);
    EXPECT_TRUE(made.policy->clamp_to_budget);
}

TEST(templates, limits_merge_by_name_so_that_none_is_lost) {
    templates_world with(
        {{"base", "limits:\n  - {name: a, requests: 1, window: day}\n  - {name: b, requests: 2, window: day}\n"}});
    const auto made = with.read(
        "extends: base\nlimits:\n  - {name: b, requests: 9, window: hour}\n  - {name: c, requests: 3, window: day}\n");
    ASSERT_EQ(with.last(), "");
    ASSERT_EQ(made.policy->limits.size(), 3u);
    EXPECT_EQ(made.policy->limits[0].name, "a");
    EXPECT_EQ(made.policy->limits[1].maximum, 9);
    EXPECT_EQ(made.policy->limits[1].span, window::hour);
    EXPECT_EQ(made.policy->limits[2].name, "c");
}

TEST(templates, a_name_twice_in_the_tenants_own_limits_is_still_an_error) {
    templates_world with({{"base", "limits:\n  - {name: a, requests: 1, window: day}\n"}});
    with.read(
        "extends: base\nlimits:\n  - {name: c, requests: 9, window: hour}\n  - {name: c, requests: 3, window: day}\n");
    EXPECT_NE(with.last().find("the limit `c` appears twice"), std::string::npos);
}

TEST(templates, a_null_removes_what_the_template_set_and_nothing_else) {
    templates_world with({{"base", "monthly_budget_usd: 10\nhard_stop_usd: 10\n"}});
    const auto made = with.read("extends: base\nhard_stop_usd: null\n");
    ASSERT_EQ(with.last(), "");
    EXPECT_FALSE(made.policy->hard_stop);
    with.read("extends: base\ndaily_soft_limit_usd: null\n");
    EXPECT_NE(with.last().find("`daily_soft_limit_usd` has no value"), std::string::npos);
}

TEST(templates, the_hash_is_of_the_merged_content) {
    templates_world with({{"base", "monthly_budget_usd: 10\n"}, {"dearer", "monthly_budget_usd: 11\n"}});
    const std::string hash = with.read("extends: base\n").policy->hash;
    EXPECT_EQ(with.read("monthly_budget_usd: 10.0\n").policy->hash, hash);
    EXPECT_NE(with.read("extends: dearer\n").policy->hash, hash);
}

TEST(templates, chains_are_followed_to_four_and_no_further) {
    const auto chain = [](int length, const std::string& order) { // in order of name and against it
        std::map<std::string, std::string> texts;
        for (int i = 0; i < length; ++i) {
            const std::string below =
                i == 0 ? "name: One\n" : "extends: " + order.substr(static_cast<std::size_t>(i - 1), 1) + "\n";
            texts[order.substr(static_cast<std::size_t>(i), 1)] =
                below + "monthly_budget_usd: " + std::to_string(i) + "\n";
        }
        return texts;
    };
    for (const std::string order : {"abcde", "edcba"}) {
        SCOPED_TRACE(order);
        templates_world four(chain(4, order));
        EXPECT_TRUE(four.faults().errors.empty()) << four.faults().all_errors();
        const auto made = four.read("extends: " + order.substr(3, 1) + "\n");
        EXPECT_EQ(made.policy->monthly_budget, usd_nano(3'000'000'000));
        EXPECT_EQ(made.policy->name, "One");
        EXPECT_TRUE(templates_world(chain(5, order)).faults().says("chains more than 4 templates"));
    }
}

TEST(templates, circles_and_strangers_are_refused) {
    EXPECT_TRUE(
        templates_world({{"a", "extends: b\n"}, {"b", "extends: a\n"}}).faults().says("goes round in a circle"));
    EXPECT_TRUE(templates_world({{"a", "extends: a\n"}}).faults().says("goes round in a circle"));
    EXPECT_TRUE(templates_world({{"a", "extends: z\n"}}).faults().says("no template `z`"));
}

TEST(templates, a_template_is_checked_even_when_nobody_extends_it) {
    EXPECT_TRUE(templates_world({{"a", "tenant_id: x\n"}}).faults().says("belongs in a tenant's own policy"));
    EXPECT_TRUE(templates_world({{"a", "policy_version: x\n"}}).faults().says("belongs in a tenant's own policy"));
    EXPECT_TRUE(templates_world({{"a", "monthly_buget_usd: 1\n"}}).faults().says("did you mean `monthly_budget_usd`?"));
    EXPECT_TRUE(templates_world({{"a", "[]"}}).faults().says("must hold `key: value` lines"));
}

TEST(templates, what_a_template_asks_of_the_catalogue_counts_when_a_tenant_extends_it) {
    templates_world with({{"a", "allowed_model_tiers: [gold]\n"}});
    EXPECT_TRUE(with.faults().errors.empty()) << with.faults().all_errors();
    with.read("extends: a\n");
    EXPECT_NE(with.last().find("no tier `gold`"), std::string::npos);
}

TEST(templates, a_close_name_is_suggested) {
    templates_world with({{"free-trial", "name: x\n"}});
    with.read("extends: free-tiral\n");
    EXPECT_NE(with.last().find("did you mean `free-trial`?"), std::string::npos);
}

}
}
