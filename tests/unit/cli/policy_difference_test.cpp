#include "../../../src/cli/policy_difference.hpp"

#include <gtest/gtest.h>

namespace tollgate::cli {

namespace {

std::vector<std::string> told(const std::string& before, const std::string& after) {
    std::vector<std::string> out;
    for (const policy_change& each : policy_difference(policy_texts_of(before), policy_texts_of(after)))
        out.push_back(in_words(each));
    return out;
}

using lines = std::vector<std::string>;

}

TEST(policy_difference, says_what_a_change_means) {
    struct row {
        const char *before, *after, *line;
    };
    const row rows[] = {
        {R"({"hard_stop_usd":600})", R"({"hard_stop_usd":500})",
         "hard_stop_usd: 600 -> 500 (lower: requests may be refused sooner)"},
        {R"({"hard_stop_usd":9.99})", R"({"hard_stop_usd":10})",
         "hard_stop_usd: 9.99 -> 10 (higher: requests are refused later, if at all)"},
        {"{}", R"({"hard_stop_usd":1})", "hard_stop_usd: (not set) -> 1 (past it nothing runs)"},
        {R"({"hard_stop_usd":1})", "{}", "hard_stop_usd: 1 -> (not set) (nothing stops spending in a month any more)"},
        {R"({"mode":"shadow"})", R"({"mode":"enforce"})",
         "mode: shadow -> enforce (what was only recorded is refused now)"},
        {R"({"allowed_model_tiers":["standard","premium"]})", R"({"allowed_model_tiers":["standard","economy"]})",
         "allowed_model_tiers: standard, premium -> standard, economy (economy may be used now; premium is refused "
         "now)"},
        {"{}", R"({"allowed_model_tiers":["standard"]})",
         "allowed_model_tiers: (not set) -> standard (models of other tiers are refused)"},
        {"{}", R"({"blocked_features":["bulk"]})", "blocked_features: (not set) -> bulk (bulk is refused now)"},
        {R"({"blocked_features":["bulk"]})", R"({"blocked_features":[]})",
         "blocked_features: bulk -> (empty) (bulk may be used again)"},
        {R"({"downgrade":{"to":{"premium":"a"}}})", R"({"downgrade":{"to":{"premium":"b"}}})",
         "downgrade.to.premium: a -> b (another model takes the place of those of tier premium)"},
        {R"({"limits":[{"name":"l","tokens":1000000000000000,"window":"day"}]})",
         R"({"limits":[{"name":"l","tokens":999999999999999,"window":"day"}]})",
         "limits.l.tokens: 1000000000000000 -> 999999999999999 (lower: requests may be refused sooner)"},
        {R"({"limits":[{"name":"l","cost_usd":5,"window":"day"}]})",
         R"({"limits":[{"name":"l","cost_usd":5,"window":"month"}]})",
         "limits.l.window: day -> month (another counter is read: what was spent in the old window does not count)"},
        {R"({"limits":[{"name":"l","match":{"feature":"a"},"cost_usd":5}]})",
         R"({"limits":[{"name":"l","match":{"feature":"b"},"cost_usd":5}]})",
         "limits.l.match.feature: a -> b (other requests meet this limit)"},
        {"{}", R"({"limits":[{"name":"rpm","requests":60,"window":"minute"}]})",
         "limits.rpm: (not set) -> requests 60, window minute (a new limit: requests may be refused by it)"},
        {R"({"limits":[{"name":"rpm","requests":60}]})", R"({"limits":[]})",
         "limits.rpm: requests 60 -> (not set) (this limit refuses nothing any more)"},
        {R"({"name":"A"})", R"({"name":"B"})", "name: A -> B"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.line);
        lines got = told(r.before, r.after);
        std::erase_if(got, [](const std::string& line) { return line.starts_with("limits: "); });
        EXPECT_EQ(got, lines{r.line});
    }
}

TEST(policy_difference, order_and_style_are_no_difference) {
    const std::string one = R"({"a":1,"limits":[{"name":"x","tokens":1},{"name":"y","tokens":2}]})";
    const std::string two = R"({"limits":[{"tokens":2,"name":"y"},{"name":"x","tokens":1}],"a":1})";
    EXPECT_EQ(told(one, two), lines{});
    EXPECT_EQ(told(one, one), lines{});
}

}
