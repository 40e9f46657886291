// Fills a store with recorded requests, as input for measuring `tollgate policy simulate` and `decisions replay`.
//
//   decision_rows --url sqlite:FILE|postgresql://... [--rows N] [--tenants N] [--from TIME] [--days N]
//
// The store must be migrated. Tenants are tenant_0, tenant_1, ...; requests spread evenly over the days; one in ten was
// refused. Their records look as the gateway writes them.

#include <tollgate/app/decision_record.hpp>
#include <tollgate/daemon/open_store.hpp>
#include <tollgate/store/ledger_store.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

namespace {

using namespace tollgate;

struct settings {
    std::string url, from = "2026-06-01";
    std::uint64_t rows = 1'000'000, tenants = 10;
    std::int64_t days = 30;
};

settings read_settings(int count, char** words) {
    settings out;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string word = words[i];
        if (word == "--url") out.url = words[i + 1];
        if (word == "--from") out.from = words[i + 1];
        if (word == "--rows") out.rows = std::strtoull(words[i + 1], nullptr, 10);
        if (word == "--tenants") out.tenants = std::strtoull(words[i + 1], nullptr, 10);
        if (word == "--days") out.days = std::atoll(words[i + 1]);
    }
    return out;
}

class generator {
public:
    explicit generator(const settings& how)
        : how_(how), from_(*parse_rfc3339(how.from)),
          gap_us_(how.days * 86'400'000'000 / static_cast<std::int64_t>(how.rows)) {}

    ledger::usage_row row(std::uint64_t number) {
        policy::facts facts;
        facts.at = {from_.us + static_cast<std::int64_t>(number) * gap_us_};
        facts.who.tenant = "tenant_" + std::to_string(number % how_.tenants);
        facts.who.key = "key_" + std::to_string(below(20));
        facts.who.feature = "feature_" + std::to_string(below(8));
        facts.who.agent = "agent_" + std::to_string(below(50));
        facts.who.end_user = "user_" + std::to_string(below(2'000));
        facts.who.model = below(3) == 0 ? "gpt-5" : "gpt-5-mini";
        facts.who.tier = facts.who.model == "gpt-5" ? "premium" : "standard";
        facts.who.provider = "openai";
        facts.tier_rank = facts.who.tier == "premium" ? 0 : 1;
        facts.model_known = facts.model_priced = true;
        const app::recorded_bound bound{.input_tokens = 200 + below(4'000), .output_tokens = 1'024, .cap = 1'024};
        facts.tokens = bound.input_tokens + bound.output_tokens;
        facts.estimate = usd_nano(facts.tokens * 5'000);
        facts.input_estimate = usd_nano(bound.input_tokens * 1'250);
        return row_of(facts, bound, number);
    }

private:
    std::int64_t below(std::uint64_t bound) { return static_cast<std::int64_t>(random_() % bound); }

    ledger::usage_row row_of(const policy::facts& facts, const app::recorded_bound& bound, std::uint64_t number) {
        const bool ran = number % 10 != 3;
        ledger::usage_row out;
        out.id = request_id::make(facts.at.ms(), static_cast<std::uint16_t>(number >> 48), number);
        out.tenant = facts.who.tenant;
        out.key = facts.who.key;
        out.feature = facts.who.feature;
        out.agent = facts.who.agent;
        out.end_user = facts.who.end_user;
        out.model_requested = out.model_served = facts.who.model;
        out.provider = facts.who.provider;
        out.decision = ran ? "allow" : "refuse";
        out.code = ran ? "" : "tenant_budget_exceeded";
        out.settlement_status = ran ? "charged" : "voided";
        out.status = ran ? 200 : 402;
        out.estimated = facts.estimate;
        out.at = facts.at;
        if (ran) {
            out.used.prompt_tokens = bound.input_tokens / 2;
            out.used.completion_tokens = below(1'024);
            out.tokens = out.used.total();
            out.charged = out.provider_cost = usd_nano(out.tokens * 3'000);
            out.source = cost_source::provider_usage;
            out.counters = {{"tenant", window::day, 0}, {"tenant", window::month, 0}};
            out.ended = ledger::ending::settled;
        }
        out.record = record_of(facts, bound, out);
        return out;
    }

    std::string record_of(const policy::facts& facts, const app::recorded_bound& bound, const ledger::usage_row& row) {
        policy::decided what;
        what.what = row.ended ? policy::verdict::allow : policy::verdict::refuse;
        if (!row.ended) what.code = errc::tenant_budget_exceeded;
        if (!row.ended) what.by = "hard_stop_usd";
        what.model = facts.who.model;
        what.tier = facts.who.tier;
        what.estimate = facts.estimate;
        policy::ledger_reading answer;
        answer.limits.assign(7, {below(1'000'000'000), below(1'000'000)});
        std::string text;
        json_writer out(text);
        out.begin_object().member("request_id", row.id.text()).member("tenant", row.tenant).member("key_id", row.key);
        out.member("key_label", "bench").member("end_user", row.end_user).member("agent", row.agent);
        out.member("feature", row.feature).member("route", "/v1/chat/completions");
        out.member("model_requested", row.model_requested).member("price_version", "2026-06");
        out.member("policy_version", "bench-1").member("policy_hash", std::string(64, 'a'));
        out.member("invoice_period", "2026-06");
        app::write_facts(out, facts, bound);
        out.member("model_served", row.model_served).member("tier", facts.who.tier).member("provider", row.provider);
        out.member("attempts", 1).member("estimated_usd", row.estimated);
        out.member("prompt_tokens", row.used.prompt_tokens).member("completion_tokens", row.used.completion_tokens);
        out.member("cached_tokens", row.used.cached_tokens).member("cost_usd", row.charged);
        out.member("provider_cost_usd", row.provider_cost).member("cost_source", name_of(row.source));
        out.member("decision", row.decision).optional_member("code", row.code).member("remaining_usd", usd_nano(12));
        out.member("over_limit_action", "fail_closed").member("status", row.status);
        out.member("received_at", to_rfc3339(row.at, true));
        if (row.ended) out.member("hold_us", 900 + below(2'000)).member("first_byte_us", 400'000 + below(90'000));
        out.member("total_us", row.ended ? 900'000 + below(4'000'000) : 1'100);
        app::write_answers(out, std::span(&answer, 1), {});
        out.key(app::decided_member).raw(app::decided_json(what)).end_object();
        return text;
    }

    const settings& how_;
    instant from_;
    std::int64_t gap_us_;
    std::mt19937_64 random_{1};
};

int fill(const settings& how) {
    constexpr std::size_t batch = 2'000;
    const auto database = open_store(how.url);
    if (const auto done = database->migrate(); !done) return std::fprintf(stderr, "%s\n", done.error().detail.c_str());
    auto store = database->open_ledger();
    if (!store) return std::fprintf(stderr, "%s\n", store.error().detail.c_str());
    generator next(how);
    for (std::uint64_t done = 0; done < how.rows;) {
        ledger::changes write;
        for (std::size_t i = 0; i < batch && done < how.rows; ++i) write.usage.push_back(next.row(done++));
        const auto begun = (*store)->begin([](instant) { return ledger::wanted{}; });
        if (!begun) return std::fprintf(stderr, "%s\n", begun.error().detail.c_str());
        if (const auto ok = (*store)->commit(write); !ok)
            return std::fprintf(stderr, "%s\n", ok.error().detail.c_str());
    }
    std::printf("%llu rows\n", static_cast<unsigned long long>(how.rows));
    return 0;
}

}

int main(int count, char** words) {
    const settings how = read_settings(count, words);
    if (how.url.empty() || how.rows == 0 || how.tenants == 0)
        return std::fprintf(stderr,
                            "usage: decision_rows --url URL [--rows N] [--tenants N] [--from TIME] [--days N]\n");
    return fill(how) == 0 ? 0 : 1;
}
