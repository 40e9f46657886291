// The FOCUS export: usage rows split by kind of token.
#include <tollgate/app/usage_format.hpp>

#include "csv.hpp"
#include "record_members.hpp"

#include <tollgate/core/json_writer.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace tollgate::app {

namespace {

constexpr std::int64_t per_million = 1'000'000;

// One line of a request. `weight` is what its part of the charge is measured by.
struct meter {
    std::string_view name, unit;
    std::int64_t quantity = 0;
    __int128 weight = 0;
    usd_nano cost;
};

const token_rates& rates_of(const price& at, const usage& used) {
    const bool long_context = at.long_tier && used.prompt_tokens > at.long_tier->above_tokens;
    return long_context ? at.long_tier->rates : at.rates;
}

// Multipliers (service tier, region, the operator's margin) apply to all lines alike and cancel out.
std::vector<meter> meters_of(const usage& used, const price& at) {
    const token_rates& r = rates_of(at, used);
    const std::int64_t write = r.cache_write.value_or(r.input), write_1h = r.cache_write_1h.value_or(write);
    const std::int64_t fresh = used.prompt_tokens - used.cached_tokens - used.cache_write_tokens -
                               used.cache_write_1h_tokens - used.audio_in_tokens - used.image_in_tokens;
    const std::int64_t reasoning = r.reasoning ? used.reasoning_tokens : 0;
    const std::int64_t said = used.completion_tokens - reasoning - used.audio_out_tokens;
    const auto tokens = [](std::string_view name, std::int64_t count, std::int64_t rate) {
        const std::int64_t some = std::max<std::int64_t>(count, 0); // details are the provider's word
        return meter{name, "Tokens", some, static_cast<__int128>(some) * rate, {}};
    };
    const auto each = [](std::string_view name, std::string_view unit, std::int64_t count, usd_nano rate) {
        return meter{name, unit, count, static_cast<__int128>(count) * rate.count() * per_million, {}};
    };
    return {tokens("Input Tokens", fresh, r.input),
            tokens("Cached Input Tokens", used.cached_tokens, r.cached_input.value_or(r.input)),
            tokens("Cache Write Tokens", used.cache_write_tokens, write),
            tokens("Cache Write 1h Tokens", used.cache_write_1h_tokens, write_1h),
            tokens("Audio Input Tokens", used.audio_in_tokens, r.audio_input.value_or(r.input)),
            tokens("Image Input Tokens", used.image_in_tokens, r.image_input.value_or(r.input)),
            tokens("Output Tokens", said, r.output),
            tokens("Reasoning Tokens", reasoning, r.reasoning.value_or(r.output)),
            tokens("Audio Output Tokens", used.audio_out_tokens, r.audio_output.value_or(r.output)),
            each("Requests", "Requests", at.per_request > usd_nano() ? 1 : 0, at.per_request),
            each("Tool Calls", "Calls", used.web_search_calls, at.per_tool_call)};
}

// The parts add up to the whole: what rounding leaves goes to the heaviest line.
void share(std::vector<meter>& lines, usd_nano whole) {
    __int128 total = 0;
    for (const meter& line : lines) total += line.weight;
    usd_nano given;
    for (meter& line : lines) {
        if (total > 0) line.cost = usd_nano(static_cast<std::int64_t>(whole.count() * line.weight / total));
        given += line.cost;
    }
    std::ranges::max_element(lines, {}, &meter::weight)->cost += whole - given;
}

std::vector<meter> lines_of(const ledger::usage_row& row, const price* at) {
    std::vector<meter> lines;
    if (at) {
        lines = meters_of(row.used, *at);
        std::erase_if(lines, [](const meter& line) { return line.quantity == 0; });
    }
    const bool priced = std::ranges::any_of(lines, [](const meter& line) { return line.weight > 0; });
    // No price, or a charge that tokens do not explain (the estimate of a request whose usage is unknown).
    if (!priced) lines = {meter{"Tokens", "Tokens", row.used.total(), 1, {}}};
    share(lines, row.charged);
    return lines;
}

// "2026-06" at `when` in `zone`, and the instants that the month begins and ends.
struct period {
    std::string begin, end, name;
};

period month_of(instant when, const time_zone* given) {
    const auto zone = time_zone::utc();
    const time_zone& in = given ? *given : *zone;
    const std::int64_t begin = window_start(window::month, when, in);
    const std::int64_t end = window_end(window::month, when, in).value_or(begin);
    const std::string local = to_rfc3339(instant::from_seconds(begin + in.offset_at(begin)));
    return {to_rfc3339(instant::from_seconds(begin)), to_rfc3339(instant::from_seconds(end)), local.substr(0, 7)};
}

// Per million tokens, or per piece; empty when there is no quantity to divide by.
std::string unit_price(const meter& line) {
    if (line.quantity == 0) return {};
    const std::int64_t scale = line.unit == "Tokens" ? per_million : 1;
    const __int128 exact = static_cast<__int128>(line.cost.count()) * scale;
    const __int128 rounded = (exact + line.quantity / 2) / line.quantity;
    return rounded > INT64_MAX ? std::string() : to_usd(usd_nano(static_cast<std::int64_t>(rounded)));
}

// Tokens are priced by the million: exact, six decimals.
std::string pricing_quantity(const meter& line) {
    if (line.unit != "Tokens") return std::to_string(line.quantity);
    std::string decimals = std::to_string(line.quantity % per_million);
    decimals.insert(0, 6 - decimals.size(), '0');
    return std::to_string(line.quantity / per_million) + "." + decimals;
}

std::string tags_of(const ledger::usage_row& row) {
    std::string out;
    json_writer w(out);
    w.begin_object().optional_member("feature", row.feature).optional_member("agent", row.agent);
    w.optional_member("environment", text_member(row.record, "environment"));
    w.end_object();
    return out;
}

class focus_writer {
public:
    focus_writer(std::string& out, const ledger::usage_row& row, const focus_context& about)
        : out_(out), row_(row), about_(about), month_(month_of(row.at, about.zone)), at_(to_rfc3339(row.at, true)),
          label_(text_member(row.record, "key_label")), policy_(text_member(row.record, "policy_version")),
          price_(text_member(row.record, "price_version")), fallback_(text_member(row.record, "fallback_reason")),
          tags_(tags_of(row)) {}

    void line(const meter& of, bool first) { write(of, of.cost, "", "Usage of " + row_.model_served, first); }

    // What was given back: a correction of the whole request.
    void refund() {
        const meter none{"Refund", "Requests", 0, 0, {}};
        write(none, -row_.refunded, "Correction", "Refund of " + row_.id.text(), false);
    }

private:
    void write(const meter& of, usd_nano cost, std::string_view charge_class, const std::string& about, bool first) {
        const std::string amount = to_usd(cost);
        const std::string& tenant = about_.tenant_name.empty() ? row_.tenant : about_.tenant_name;
        csv_line l(out_);
        l.plain(about_.prepaid ? "0.00" : amount).text(row_.tenant).text(tenant).plain("USD");
        l.plain(month_.begin).plain(month_.end).plain("Usage").plain(charge_class).text(about).plain("Usage-Based");
        l.plain(at_).plain(at_).number(of.quantity).plain(of.unit);
        l.plain(amount).plain(unit_price(of)).plain(amount).plain(amount).plain(unit_price(of));
        l.plain(month_.name).text(about_.operator_name).text(row_.provider).plain("Standard");
        l.plain(pricing_quantity(of)).plain(of.unit == "Tokens" ? "1000000 Tokens" : of.unit);
        l.text(about_.operator_name).text(row_.provider);
        l.text(row_.key).text(label_).plain("API Key").plain("AI and Machine Learning").plain("LLM Gateway");
        l.text(row_.model_served).plain(of.name).text(row_.model_served + "/" + std::string(of.name) + "/" + price_);
        l.text(row_.workspace).text(row_.workspace).plain(row_.workspace.empty() ? "" : "Workspace").text(tags_);
        l.plain(row_.id.text()).text(policy_).text(price_).text(row_.model_requested).plain(of.name);
        // Once a request, or sums over the column would count it once a line.
        l.plain(first ? to_usd(row_.provider_cost) : "").text(row_.settlement_status).text(fallback_);
        l.plain(first ? to_usd(row_.estimated) : "").end();
    }

    std::string& out_;
    const ledger::usage_row& row_;
    const focus_context& about_;
    period month_;
    std::string at_, label_, policy_, price_, fallback_, tags_;
};

}

std::string_view focus_header() {
    return "BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,"
           "ChargeCategory,ChargeClass,ChargeDescription,ChargeFrequency,ChargePeriodStart,ChargePeriodEnd,"
           "ConsumedQuantity,ConsumedUnit,ContractedCost,ContractedUnitPrice,EffectiveCost,ListCost,ListUnitPrice,"
           "InvoiceId,InvoiceIssuerName,HostProviderName,PricingCategory,PricingQuantity,PricingUnit,ProviderName,"
           "PublisherName,ResourceId,ResourceName,ResourceType,ServiceCategory,ServiceName,SkuId,SkuMeter,SkuPriceId,"
           "SubAccountId,SubAccountName,SubAccountType,Tags,x_RequestId,x_PolicyVersion,x_PriceVersion,"
           "x_ModelRequested,x_TokenType,x_ProviderCost,x_SettlementStatus,x_FallbackReason,x_EstimatedCost\r\n";
}

void append_focus_rows(std::string& out, const ledger::usage_row& row, const focus_context& about) {
    if (row.charged == usd_nano() && row.used.total() == 0) return; // refused, or never billed
    focus_writer writer(out, row, about);
    bool first = true;
    for (const meter& line : lines_of(row, about.price)) {
        writer.line(line, first);
        first = false;
    }
    if (row.refunded > usd_nano()) writer.refund();
}

}
