#include <tollgate/app/usage_format.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <random>
#include <sstream>

namespace tollgate::app {

namespace {

// A reader of RFC 4180 of its own.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
    std::vector<std::vector<std::string>> lines;
    std::vector<std::string> line;
    std::string value;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"')
            value += text[++i];
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == ',' || c == '\n')) {
            line.push_back(std::exchange(value, {}));
            if (c == '\n') lines.push_back(std::exchange(line, {}));
        } else if (quoted || c != '\r')
            value += c;
    }
    EXPECT_TRUE(line.empty() && value.empty()) << "the last line has no end";
    return lines;
}

ledger::usage_row sample() {
    ledger::usage_row row;
    row.id = request_id(7, 1);
    row.tenant = "acme";
    row.key = "key_1";
    row.workspace = "w1";
    row.feature = "support";
    row.model_requested = "gpt-5";
    row.model_served = "gpt-5-mini";
    row.provider = "openai";
    row.decision = "allow";
    row.settlement_status = "refunded";
    row.status = 200;
    row.used.prompt_tokens = 1000;
    row.used.cached_tokens = 400;
    row.used.completion_tokens = 100;
    row.estimated = usd_nano(9'000'000);
    row.charged = usd_nano(2'000'001);
    row.refunded = usd_nano(500'000);
    row.provider_cost = usd_nano(1'000'000);
    row.source = cost_source::provider_usage;
    row.at = {1'781'481'600'123'000};
    row.record = R"({"key_label":"the \"bot\", our","policy_version":"v1","price_version":"p1","nested":{"a":[1,"}"]},)"
                 R"("provider_cost_usd":"0.001","facts":{"x":1}})";
    return row;
}

}

TEST(usage_csv, has_the_twelve_columns_in_their_order) {
    std::string text(csv_header());
    append_csv_row(text, sample());
    const auto lines = parse_csv(text);
    ASSERT_EQ(lines.size(), 2u);
    const std::vector<std::string> names{"request_id",     "customer_id",       "customer_api_key_label",
                                         "route_policy",   "model_requested",   "model_served",
                                         "input_tokens",   "output_tokens",     "gross_amount_usd",
                                         "net_amount_usd", "settlement_status", "created_at"};
    EXPECT_EQ(lines[0], names);
    const std::vector<std::string> values{request_id(7, 1).text(),
                                          "acme",
                                          "the \"bot\", our",
                                          "v1",
                                          "gpt-5",
                                          "gpt-5-mini",
                                          "1000",
                                          "100",
                                          "0.002000001",
                                          "0.001500001",
                                          "refunded",
                                          "2026-06-15T00:00:00.123Z"};
    EXPECT_EQ(lines[1], values);
}

TEST(usage_csv, names_the_key_where_it_has_no_label) {
    ledger::usage_row row = sample();
    row.record = "";
    std::string text;
    append_csv_row(text, row);
    EXPECT_EQ(parse_csv(text)[0][2], "key_1");
}

TEST(usage_csv, runs_no_formula_and_breaks_no_line) {
    struct row {
        const char* model;
        const char* read;
    };
    const row rows[] = {
        {"=1+1", "'=1+1"},
        {"+1", "'+1"},
        {"-1", "'-1"},
        {"@x", "'@x"},
        {"\tx", "'\tx"},
        {"a,b", "a,b"},
        {"a\r\nb", "a\r\nb"},
        {"\"", "\""},
        {"", ""},
        {"plain", "plain"},
        {"=\"a\",b", "'=\"a\",b"},
        {" =1", " =1"},
        {"a=1", "a=1"},
    };
    for (const row& r : rows) {
        ledger::usage_row row = sample();
        row.model_requested = r.model;
        std::string text;
        append_csv_row(text, row);
        const auto lines = parse_csv(text);
        ASSERT_EQ(lines.size(), 1u) << r.model;
        ASSERT_EQ(lines[0].size(), 12u) << r.model;
        EXPECT_EQ(lines[0][4], r.read);
    }
}

TEST(usage_json, tells_a_tenant_what_it_paid_and_not_what_the_operator_paid) {
    std::string text;
    append_jsonl_row(text, sample(), audience::tenant);
    EXPECT_EQ(std::ranges::count(text, '\n'), 1);
    const auto own = nlohmann::json::parse(text);
    EXPECT_EQ(own["gross_amount_usd"], "0.002000001");
    EXPECT_EQ(own["net_amount_usd"], "0.001500001");
    EXPECT_EQ(own["key_label"], "the \"bot\", our");
    EXPECT_EQ(own["record"]["nested"]["a"][1], "}");
    EXPECT_EQ(text.find("provider_cost"), std::string::npos);
    EXPECT_FALSE(own["record"].contains("facts"));
    std::string all;
    append_json_row(all, sample(), audience::operators);
    const auto whole = nlohmann::json::parse(all);
    EXPECT_EQ(whole["provider_cost_usd"], "0.001");
    EXPECT_EQ(whole["record"]["facts"]["x"], 1);
}

TEST(usage_json, stays_json_whatever_the_record_holds) {
    std::string record = R"({"a":"b\u0001\\\"","c":[{"d":"]"}],"e":-1.5e3,"f":null,"g":{}})";
    for (std::size_t size = 0; size <= record.size(); ++size) {
        ledger::usage_row row = sample();
        row.record = record.substr(0, size);
        std::string text;
        append_json_row(text, row, audience::operators);
        const auto body = nlohmann::json::parse(text, nullptr, false);
        ASSERT_FALSE(body.is_discarded()) << row.record;
        if (size == record.size())
            EXPECT_EQ(body["record"], nlohmann::json::parse(record));
        else
            EXPECT_TRUE(body["record"].is_null()) << row.record;
    }
}

namespace {

std::vector<std::map<std::string, std::string>> focus(const ledger::usage_row& row, const focus_context& about) {
    std::string text(focus_header());
    append_focus_rows(text, row, about);
    const auto lines = parse_csv(text);
    std::vector<std::map<std::string, std::string>> out;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        EXPECT_EQ(lines[i].size(), lines[0].size());
        auto& line = out.emplace_back();
        for (std::size_t k = 0; k < lines[i].size(); ++k) line[lines[0][k]] = lines[i][k];
    }
    return out;
}

price sample_price() {
    price out;
    out.rates.input = 250'000'000;
    out.rates.cached_input = 25'000'000;
    out.rates.output = 2'000'000'000;
    return out;
}

}

TEST(usage_focus, has_a_line_a_kind_of_token_that_multiplies) {
    const price at = sample_price();
    ledger::usage_row row = sample();
    row.refunded = {};
    // 600 x 250 + 400 x 25 + 100 x 2000 nano-USD
    row.charged = usd_nano(360'000);
    focus_context about;
    about.price = &at;
    about.tenant_name = "Acme Ltd";
    const auto lines = focus(row, about);
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0].at("SkuMeter"), "Input Tokens");
    EXPECT_EQ(lines[0].at("ConsumedQuantity"), "600");
    EXPECT_EQ(lines[0].at("PricingQuantity"), "0.000600");
    EXPECT_EQ(lines[0].at("ListUnitPrice"), "0.25");
    EXPECT_EQ(lines[0].at("EffectiveCost"), "0.00015");
    EXPECT_EQ(lines[1].at("SkuMeter"), "Cached Input Tokens");
    EXPECT_EQ(lines[1].at("EffectiveCost"), "0.00001");
    EXPECT_EQ(lines[2].at("SkuMeter"), "Output Tokens");
    EXPECT_EQ(lines[2].at("EffectiveCost"), "0.0002");
    EXPECT_EQ(lines[2].at("BilledCost"), "0.0002");
    EXPECT_EQ(lines[0].at("BillingAccountName"), "Acme Ltd");
    EXPECT_EQ(lines[0].at("BillingPeriodStart"), "2026-06-01T00:00:00Z");
    EXPECT_EQ(lines[0].at("BillingPeriodEnd"), "2026-07-01T00:00:00Z");
    EXPECT_EQ(lines[0].at("InvoiceId"), "2026-06");
    EXPECT_EQ(lines[0].at("SubAccountType"), "Workspace");
    EXPECT_EQ(lines[0].at("x_ProviderCost"), "0.001");
    EXPECT_EQ(lines[1].at("x_ProviderCost"), "") << "once a request";
    EXPECT_EQ(nlohmann::json::parse(lines[0].at("Tags"))["feature"], "support");
}

TEST(usage_focus, bills_nothing_now_for_prepaid_usage_and_corrects_refunds) {
    focus_context about;
    about.prepaid = true;
    const auto lines = focus(sample(), about);
    ASSERT_EQ(lines.size(), 2u) << "no price: one line for all tokens, and the refund";
    EXPECT_EQ(lines[0].at("BilledCost"), "0.00");
    EXPECT_EQ(lines[0].at("EffectiveCost"), "0.002000001");
    EXPECT_EQ(lines[0].at("ConsumedQuantity"), "1100");
    EXPECT_EQ(lines[1].at("ChargeClass"), "Correction");
    EXPECT_EQ(lines[1].at("EffectiveCost"), "-0.0005");
}

TEST(usage_focus, leaves_out_what_was_never_billed) {
    ledger::usage_row row = sample();
    row.used = {};
    row.charged = row.refunded = {};
    EXPECT_TRUE(focus(row, {}).empty());
}

TEST(usage_focus, lines_add_up_to_the_charge_exactly) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const price at = sample_price();
    for (int i = 0; i < 300; ++i) {
        ledger::usage_row row = sample();
        row.refunded = {};
        row.used.prompt_tokens = static_cast<std::int64_t>(random() % 10'000);
        row.used.cached_tokens = static_cast<std::int64_t>(random() % 10'000); // may exceed the prompt: their word
        row.used.completion_tokens = static_cast<std::int64_t>(random() % 10'000);
        row.charged = usd_nano(static_cast<std::int64_t>(random() % 1'000'000'000'000));
        focus_context about;
        about.price = &at;
        usd_nano total;
        for (const auto& line : focus(row, about)) total += *parse_usd(line.at("EffectiveCost"));
        EXPECT_EQ(total, row.charged);
    }
}

}
