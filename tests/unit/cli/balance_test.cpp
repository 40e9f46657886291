#include "house.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tollgate::cli {

using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

answer move(house& here, const std::string& kind, const std::string& usd, const std::string& key,
            std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"balance", kind, "--tenant", "acme", "--usd", usd, "--idempotency-key", key};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return here.run(arguments);
}

json shown(house& here) { return json::parse(here.run({"balance", "show", "--tenant", "acme", "--json"}).out); }

}

TEST(cli_balance, a_movement_is_posted_once_by_its_key) {
    house here;
    const answer first = move(here, "top-up", "12.5", "k1", {"--json"});
    ASSERT_EQ(first.code, 0) << first.err;
    const answer again = move(here, "top-up", "12.5", "k1", {"--json"});
    ASSERT_EQ(again.code, 0) << again.err;
    const json a = json::parse(first.out), b = json::parse(again.out);
    EXPECT_EQ(a["repeated"], false);
    EXPECT_EQ(b["repeated"], true);
    EXPECT_EQ(a["transaction"], b["transaction"]);
    EXPECT_EQ(shown(here)["available_usd"], "12.50");
}

TEST(cli_balance, a_key_that_named_another_movement_is_refused) {
    house here;
    ASSERT_EQ(move(here, "top-up", "12.5", "k1").code, 0);
    for (const auto& [kind, usd] : {std::pair{"top-up", "12.51"}, {"grant", "12.5"}, {"adjust", "-12.5"}}) {
        SCOPED_TRACE(kind);
        const answer got = move(here, kind, usd, "k1");
        EXPECT_EQ(got.code, 1);
        EXPECT_TRUE(has(got.err, "top_up of 12.50 USD")) << got.err;
    }
    EXPECT_EQ(shown(here)["available_usd"], "12.50");
}

TEST(cli_balance, a_tenant_without_a_policy_is_pointed_out) {
    house here;
    const answer known = move(here, "top-up", "1", "k1");
    EXPECT_EQ(known.err, "");
    const answer unknown =
        here.run({"balance", "top-up", "--tenant", "acmee", "--usd", "1", "--idempotency-key", "k1"});
    EXPECT_EQ(unknown.code, 0);
    EXPECT_TRUE(has(unknown.err, "no policy is for tenant acmee")) << unknown.err;
}

TEST(cli_balance, amounts_are_exact_to_the_last_nano) {
    house here;
    ASSERT_EQ(move(here, "top-up", "0.000000001", "k1").code, 0);
    ASSERT_EQ(move(here, "top-up", "999999999.999999999", "k2").code, 0);
    EXPECT_EQ(shown(here)["available_usd"], "1000000000.00");
}

TEST(cli_balance, what_cannot_be_is_refused_and_changes_nothing) {
    house here;
    ASSERT_EQ(move(here, "top-up", "10", "k1").code, 0);
    struct row {
        const char *kind, *usd;
        std::vector<std::string> more;
        const char* says;
    };
    const row rows[] = {
        {"adjust", "-10.000000001", {}, "10.00 USD available"},
        {"top-up", "-1", {}, "balance adjust"},
        {"grant", "0", {}, "moves nothing"},
        {"adjust", "0", {}, "moves nothing"},
        {"refund", "1", {"--request", "req_00000000000000000000000001"}, "no charge"},
        {"refund", "1", {}, "has spent 0.00 USD"},
        {"grant", "1", {"--expires", "2026-06-14T12:00:00Z"}, "past"},
        {"top-up", "1", {"--reason", std::string(1025, 'x')}, "--reason"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(std::string(r.kind) + " " + r.usd);
        const answer got = move(here, r.kind, r.usd, "k2", r.more);
        EXPECT_EQ(got.code, 1);
        EXPECT_EQ(got.out, "");
        EXPECT_TRUE(has(got.err, r.says)) << got.err;
    }
    EXPECT_EQ(shown(here)["available_usd"], "10.00");
    EXPECT_EQ(move(here, "adjust", "-10", "k2").code, 0);
    EXPECT_EQ(shown(here)["available_usd"], "0.00");
}

TEST(cli_balance, idempotency_keys_have_a_size) {
    house here;
    EXPECT_EQ(move(here, "top-up", "1", "").code, 1);
    EXPECT_EQ(move(here, "top-up", "1", "a\nb").code, 1);
    EXPECT_EQ(move(here, "top-up", "1", std::string(256, 'k')).code, 1);
    EXPECT_EQ(move(here, "top-up", "1", std::string(255, 'k')).code, 0);
}

TEST(cli_balance, show_lists_grants_with_what_is_left_of_them) {
    house here;
    ASSERT_EQ(move(here, "top-up", "10", "k1").code, 0);
    ASSERT_EQ(move(here, "grant", "5", "k2", {"--priority", "1", "--expires", "2100-01-01"}).code, 0);
    ASSERT_EQ(move(here, "adjust", "-7", "k3").code, 0);
    const json all = shown(here);
    EXPECT_EQ(all["credited_usd"], "8.00");
    ASSERT_EQ(all["grants"].size(), 1U); // the promotion is spent first, and only open grants are kept
    EXPECT_EQ(all["grants"][0]["funding"], "purchase");
    EXPECT_EQ(all["grants"][0]["remaining_usd"], "8.00");
    const answer text = here.run({"balance", "show", "--tenant", "acme"});
    EXPECT_TRUE(has(text.out, "available  8.00 USD")) << text.out;
    EXPECT_TRUE(has(text.out, "never")) << text.out;
}

TEST(cli_balance, a_tenant_without_a_balance_is_told_apart_from_an_empty_one) {
    house here;
    const answer got = here.run({"balance", "show", "--tenant", "acme"});
    EXPECT_EQ(got.code, 1);
    EXPECT_TRUE(has(got.err, "no prepaid balance")) << got.err;
}

TEST(cli_balance, every_movement_is_an_entry_with_its_reason_and_actor) {
    house here;
    ASSERT_EQ(move(here, "grant", "5", "k1", {"--reason", "goodwill"}).code, 0);
    const json entries = json::parse(here.run({"ledger", "show", "--tenant", "acme", "--json"}).out);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0]["kind"], "grant");
    EXPECT_EQ(entries[0]["amount_usd"], "5.00");
    EXPECT_EQ(entries[0]["reason"], "goodwill");
    EXPECT_EQ(entries[0]["actor"], "cli:test");
    EXPECT_EQ(entries[0]["idempotency_key"], "k1");
    EXPECT_EQ(here.run({"ledger", "verify"}).out, "the books are right\n");
}

}
