// Exports and records over requests that were written before.
#include "house.hpp"

#include <tollgate/daemon/open_store.hpp>
#include <tollgate/store/run_ops.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tollgate::cli {

using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::ptrdiff_t lines(const std::string& text) { return std::ranges::count(text, '\n'); }

ledger::usage_row row_at(const std::string& when, std::uint64_t number) {
    ledger::usage_row row;
    row.at = *parse_rfc3339(when);
    row.id = request_id::make(row.at.ms(), 0, number);
    row.tenant = "acme";
    row.key = "key_1";
    row.feature = "support";
    row.model_requested = "small";
    row.model_served = "small";
    row.provider = "one";
    row.decision = "allow";
    row.settlement_status = "charged";
    row.status = 200;
    row.used.prompt_tokens = 1'000;
    row.used.completion_tokens = 500;
    row.estimated = usd_nano(3'000'000);
    row.charged = usd_nano(2'000'000);
    row.provider_cost = usd_nano(2'000'000);
    row.source = cost_source::provider_usage;
    row.record = R"({"policy_version":"acme-1","policy_hash":"0123456789abcdef","price_version":"test-1",)"
                 R"("remaining_usd":"9.99"})";
    return row;
}

void write(house& here, const std::vector<ledger::usage_row>& rows) {
    ASSERT_EQ(here.run({"migrate"}).code, 0);
    const auto database = open_store(here.store_url());
    auto ledger = database->open_ledger();
    ASSERT_TRUE(ledger.has_value());
    std::vector<ledger::op> ops;
    for (const ledger::usage_row& row : rows) ops.emplace_back(ledger::note_op{row});
    ASSERT_TRUE(store::run_ops(**ledger, ops).has_value());
}

answer exported(house& here, const std::string& format, const std::string& from, const std::string& to) {
    return here.run({"usage", "export", "--tenant", "acme", "--format", format, "--from", from, "--to", to});
}

}

TEST(cli_usage, an_unknown_tenant_is_told_one_that_is_gone_is_exported) {
    house here;
    write(here, {row_at("2026-06-01T00:00:00Z", 1)});
    const answer unknown = here.run(
        {"usage", "export", "--tenant", "amce", "--format", "csv", "--from", "2026-06-01", "--to", "2026-07-01"});
    EXPECT_EQ(unknown.code, 1);
    EXPECT_EQ(unknown.out, "");
    EXPECT_TRUE(has(unknown.err, "amce")) << unknown.err;
    std::filesystem::remove(here.path("policies/acme.yaml"));
    EXPECT_EQ(lines(exported(here, "csv", "2026-06-01", "2026-07-01").out), 2);
    EXPECT_EQ(exported(here, "csv", "2025-06-01", "2025-07-01").code, 0);
}

TEST(cli_usage, from_is_part_of_the_export_and_to_is_not) {
    house here;
    write(here,
          {row_at("2026-06-01T00:00:00Z", 1), row_at("2026-06-02T00:00:00Z", 2), row_at("2026-06-03T00:00:00Z", 3)});
    struct row {
        const char *from, *to;
        std::ptrdiff_t rows;
    };
    const row rows[] = {
        {"2026-06-01", "2026-06-03", 2},
        {"2026-06-01", "2026-06-03T00:00:00.001Z", 3},
        {"2026-06-01T00:00:00.001Z", "2026-06-03", 1},
        {"2026-07-01", "2026-08-01", 0},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(std::string(r.from) + " " + r.to);
        const answer got = exported(here, "jsonl", r.from, r.to);
        EXPECT_EQ(got.code, 0) << got.err;
        EXPECT_EQ(lines(got.out), r.rows);
    }
    EXPECT_EQ(exported(here, "jsonl", "2026-06-02", "2026-06-02").code, 1);
}

TEST(cli_usage, every_format_has_its_lines) {
    house here;
    write(here, {row_at("2026-06-01T00:00:00Z", 1)});
    const answer csv = exported(here, "csv", "2026-06-01", "2026-07-01");
    EXPECT_EQ(lines(csv.out), 2);
    EXPECT_TRUE(csv.out.starts_with("request_id,"));
    const json line = json::parse(exported(here, "jsonl", "2026-06-01", "2026-07-01").out);
    EXPECT_EQ(line["gross_amount_usd"], "0.002");
    EXPECT_EQ(line["provider_cost_usd"], "0.002");
    const answer focus = exported(here, "focus", "2026-06-01", "2026-07-01");
    EXPECT_EQ(focus.code, 0) << focus.err;
    EXPECT_TRUE(has(focus.out, "BilledCost"));
    EXPECT_EQ(lines(focus.out), 3) << focus.out; // header, input, output: the catalogue knows their prices
}

TEST(cli_usage, another_tenant_exports_nothing) {
    house here;
    here.put("policies/other.yaml", "tenant_id: other\npolicy_version: 1\nmonthly_budget_usd: 10\n");
    write(here, {row_at("2026-06-01T00:00:00Z", 1)});
    const answer got = here.run({"usage", "export", "--tenant", "other", "--from", "2026-06-01", "--format", "jsonl"});
    EXPECT_EQ(got.code, 0);
    EXPECT_EQ(got.out, "");
}

TEST(cli_usage, more_rows_than_a_page_holds_come_once_each_with_progress_on_a_terminal) {
    house here;
    std::vector<ledger::usage_row> rows;
    for (std::uint64_t i = 0; i < 2'001; ++i) rows.push_back(row_at("2026-06-01T00:00:00Z", i + 1));
    write(here, rows);
    here.terminal = true;
    const answer got = exported(here, "jsonl", "2026-06-01", "2026-07-01");
    EXPECT_EQ(lines(got.out), 2'001);
    EXPECT_TRUE(has(got.out, rows.front().id.text()));
    EXPECT_TRUE(has(got.out, rows.back().id.text()));
    EXPECT_TRUE(has(got.err, "exporting [")) << got.err;
}

TEST(cli_decisions, show_tells_who_what_and_how_much) {
    house here;
    const auto row = row_at("2026-06-01T00:00:00Z", 1);
    write(here, {row});
    const answer got = here.run({"decisions", "show", row.id.text()});
    ASSERT_EQ(got.code, 0) << got.err;
    for (const char* part : {"acme", "key_1", "support", "small, from one", "1000 prompt (0 cached), 500 completion",
                             "0.002 USD, charged, by provider_usage", "9.99 USD", "acme-1 (0123456789ab)"})
        EXPECT_TRUE(has(got.out, part)) << part << "\n" << got.out;
    const json object = json::parse(here.run({"decisions", "show", row.id.text(), "--json"}).out);
    EXPECT_EQ(object["request_id"], row.id.text());
    EXPECT_EQ(object["record"]["policy_version"], "acme-1");
}

TEST(cli_decisions, a_record_that_is_damaged_is_shown_as_far_as_it_goes) {
    for (const char* record : {"", "{\"policy_version\":", "[1]", R"({"facts":3})", R"({"facts":{"limits":[1,{}]}})"}) {
        SCOPED_TRACE(record);
        house here;
        auto row = row_at("2026-06-01T00:00:00Z", 1);
        row.record = record;
        write(here, {row});
        const answer text = here.run({"decisions", "show", row.id.text()});
        EXPECT_EQ(text.code, 0) << text.err;
        EXPECT_TRUE(has(text.out, "acme"));
        EXPECT_EQ(here.run({"decisions", "show", row.id.text(), "--json"}).code, 0);
    }
}

TEST(cli_decisions, an_unknown_request_is_refused) {
    house here;
    const answer got = here.run({"decisions", "show", "req_00000000000000000000000001"});
    EXPECT_EQ(got.code, 1);
    EXPECT_TRUE(has(got.err, "no record")) << got.err;
}

TEST(cli_balance, a_refund_gives_back_at_most_what_was_charged) {
    house here;
    const auto row = row_at("2026-06-01T00:00:00Z", 1);
    write(here, {row});
    const auto refund = [&](const char* usd, const char* key) {
        return here.run({"balance", "refund", "--tenant", "acme", "--usd", usd, "--idempotency-key", key, "--request",
                         row.id.text()});
    };
    EXPECT_EQ(refund("0.002000001", "k1").code, 1);
    EXPECT_EQ(refund("0.0015", "k2").code, 0);
    EXPECT_EQ(refund("0.0015", "k2").code, 0);
    EXPECT_EQ(refund("0.000500001", "k3").code, 1);
    EXPECT_EQ(refund("0.0005", "k4").code, 0);
    const answer got = here.run({"decisions", "show", row.id.text()});
    EXPECT_TRUE(has(got.out, "0.002 USD refunded")) << got.out;
}

TEST(cli_ledger, verify_lists_what_differs_and_exits_1) {
    house here;
    ASSERT_EQ(here.run({"balance", "top-up", "--tenant", "acme", "--usd", "1", "--idempotency-key", "k"}).code, 0);
    EXPECT_EQ(here.run({"ledger", "verify", "--tenant", "acme"}).code, 0);
    const auto database = open_store(here.store_url());
    auto ledger = database->open_ledger();
    ASSERT_TRUE(ledger.has_value());
    ledger::wanted rows;
    rows.balances.add("acme");
    ASSERT_TRUE((*ledger)->begin([&](instant) { return rows; }).has_value());
    ledger::changes wrong;
    wrong.balances.change(wrong.balances.add("acme")).now.credited = usd_nano(5);
    ASSERT_TRUE((*ledger)->commit(wrong).has_value());

    const answer got = here.run({"ledger", "verify"});
    EXPECT_EQ(got.code, 1);
    EXPECT_TRUE(has(got.out, "acme")) << got.out;
    EXPECT_TRUE(has(got.err, "discrepancies")) << got.err;
    const json found = json::parse(here.run({"ledger", "verify", "--json"}).out);
    EXPECT_FALSE(found.empty());
    EXPECT_EQ(here.run({"ledger", "verify", "--tenant", "other"}).code, 0);
}

}
