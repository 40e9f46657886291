#include <tollgate/observability/prometheus.hpp>

#include <tollgate/core/error.hpp>
#include <tollgate/core/money.hpp>
#include <tollgate/openai/error_body.hpp>

#include <array>
#include <concepts>

namespace tollgate::observability {

namespace {

using ports::metrics;
using threads = std::span<const metrics* const>;

constexpr auto last_code = static_cast<std::size_t>(errc::stream_truncated);
static_assert(last_code < metrics::codes_max);

struct counter_row {
    std::string_view name, help;
    std::atomic<std::uint64_t> metrics::* value;
};

// One line a counter.
constexpr counter_row counters[] = {
    {"requests_total", "Requests for the metered endpoints, refused ones too.", &metrics::requests},
    {"admitted_total", "Requests whose worst case was held.", &metrics::admitted},
    {"streams_total", "Admitted requests answered as a stream.", &metrics::streams},
    {"client_gone_total", "Clients that left before the end of their answer.", &metrics::client_gone},
    {"provider_errors_total", "Attempts that a provider failed or refused.", &metrics::provider_errors},
    {"fallbacks_total", "Requests that went on to another provider or model.", &metrics::fallbacks},
    {"settled_total", "Requests settled.", &metrics::settled},
    {"settled_estimated_total", "Of those, charged at the estimate for want of usage.", &metrics::settled_estimated},
    {"settled_counted_total", "Of those, charged by our own count of tokens.", &metrics::settled_counted},
    {"overages_total", "Requests that cost more than was held.", &metrics::overages},
    {"outboxed_total", "Settlements that went to the outbox first.", &metrics::outboxed},
    {"prompt_tokens_total", "Tokens of requests.", &metrics::prompt_tokens},
    {"completion_tokens_total", "Tokens of answers.", &metrics::completion_tokens},
};

constexpr counter_row amounts[] = {
    {"charged_usd_total", "Charged to tenants.", &metrics::charged_nano_usd},
    {"estimated_usd_total", "Worst cases held.", &metrics::estimated_nano_usd},
};

struct histogram_row {
    std::string_view name, help;
    metrics::histogram metrics::* value;
};

constexpr histogram_row histograms[] = {
    {"request_duration_seconds", "From the head of a request to the end of its answer.", &metrics::total_us},
    {"hold_duration_seconds", "From the head of a request to its hold.", &metrics::hold_us},
    {"first_byte_seconds", "From the head of a request to the first byte of its answer.", &metrics::first_byte_us},
};

std::uint64_t read(const std::atomic<std::uint64_t>& value) { return value.load(std::memory_order_relaxed); }

template <class Value>
std::uint64_t sum(threads all, Value value) {
    std::uint64_t total = 0;
    for (const metrics* each : all) total += read(value(*each));
    return total;
}

// Exact, with as many decimals as it takes.
std::string decimal(std::uint64_t units, std::uint64_t per_one, std::size_t places) {
    std::string fraction = std::to_string(units % per_one);
    fraction.insert(0, places - fraction.size(), '0');
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
    std::string out = std::to_string(units / per_one);
    return fraction.empty() ? out : out + "." + fraction;
}

std::string usd(std::uint64_t nano) { return decimal(nano, std::uint64_t{usd_nano::per_usd}, 9); }
std::string seconds(std::uint64_t us) { return decimal(us, 1'000'000, 6); }

class text {
public:
    void head(std::string_view name, std::string_view help, std::string_view type) {
        out_.append("# HELP tollgate_").append(name).append(" ").append(help).append("\n");
        out_.append("# TYPE tollgate_").append(name).append(" ").append(type).append("\n");
    }
    void value(std::string_view name, std::string_view labels, std::string_view number) {
        out_.append("tollgate_").append(name);
        if (!labels.empty()) out_.append("{").append(labels).append("}");
        out_.append(" ").append(number).append("\n");
    }
    void one(std::string_view name, std::string_view help, std::string_view type, std::string_view number) {
        head(name, help, type);
        value(name, {}, number);
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

// Two errors may share one code: both are of the same kind to a reader.
void write_refusals(text& out, threads all) {
    out.head("refusals_total", "Requests refused or failed, by code.", "counter");
    std::array<bool, last_code + 1> done{};
    for (std::size_t code = 0; code <= last_code; ++code) {
        if (done[code]) continue;
        const std::string_view name = openai::code_text(static_cast<errc>(code));
        std::uint64_t total = 0;
        for (std::size_t other = code; other <= last_code; ++other) {
            if (openai::code_text(static_cast<errc>(other)) != name) continue;
            done[other] = true;
            total += sum(all, [other](const metrics& m) -> auto& { return m.refusals[other]; });
        }
        out.value("refusals_total", "code=\"" + std::string(name) + "\"", std::to_string(total));
    }
}

void write_histogram(text& out, const histogram_row& row, threads all) {
    out.head(row.name, row.help, "histogram");
    const std::string bucket = std::string(row.name) + "_bucket";
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < metrics::buckets; ++i) {
        total += sum(all, [&](const metrics& m) -> auto& { return (m.*row.value).count[i]; });
        const bool last = i + 1 == metrics::buckets;
        const std::string below = last ? "+Inf" : seconds(std::uint64_t{1} << i);
        out.value(bucket, "le=\"" + below + "\"", std::to_string(total));
    }
    const std::uint64_t us = sum(all, [&](const metrics& m) -> auto& { return (m.*row.value).sum_us; });
    out.value(std::string(row.name) + "_sum", {}, seconds(us));
    out.value(std::string(row.name) + "_count", {}, std::to_string(total));
}

void write_threads(text& out, threads all) {
    for (const counter_row& row : counters) {
        const auto total = sum(all, [&](const metrics& m) -> auto& { return m.*row.value; });
        out.one(row.name, row.help, "counter", std::to_string(total));
    }
    for (const counter_row& row : amounts) {
        const auto total = sum(all, [&](const metrics& m) -> auto& { return m.*row.value; });
        out.one(row.name, row.help, "counter", usd(total));
    }
    std::int64_t in_flight = 0;
    for (const metrics* each : all) in_flight += each->in_flight.load(std::memory_order_relaxed);
    out.one("in_flight", "Metered requests running now.", "gauge", std::to_string(in_flight));
    write_refusals(out, all);
    for (const histogram_row& row : histograms) write_histogram(out, row, all);
}

void write_writer(text& out, const app::ledger_writer& writer) {
    const auto& seen = writer.seen();
    const struct {
        std::string_view name, help;
        const std::atomic<std::uint64_t>& value;
    } rows[] = {
        {"ledger_batches_total", "Transactions of the ledger.", seen.batches},
        {"ledger_operations_total", "Operations in them.", seen.ops},
        {"ledger_retries_total", "Attempts that the store failed.", seen.retries},
        {"ledger_outbox_records_total", "Endings written to the outbox.", seen.outbox_records},
        {"ledger_outbox_failures_total", "Endings that the outbox did not take.", seen.outbox_failures},
        {"ledger_replayed_total", "Endings replayed from the outbox.", seen.replayed},
    };
    for (const auto& row : rows) out.one(row.name, row.help, "counter", std::to_string(read(row.value)));
    out.one("ledger_outbox_size", "Endings that wait for the store.", "gauge", std::to_string(writer.outbox_size()));
    out.one("ledger_endings_only_in_memory", "Endings that neither the store nor the outbox took yet.", "gauge",
            std::to_string(writer.only_in_memory()));
    out.one("ledger_store_up", "1: the store answered the last attempt.", "gauge",
            writer.store_reachable() ? "1" : "0");
}

// Providers are few and named by the operator, so they may be labels.
void write_providers(text& out, std::span<const app::provider_board::entry> providers) {
    using phase = circuit_breaker::phase;
    const auto each = [&](std::string_view name, auto value) {
        for (const auto& p : providers) out.value(name, "provider=\"" + p.name + "\"", value(*p.health));
    };
    const auto state = [](const app::provider_health& h) {
        const phase at = h.breaker().state();
        return std::string(at == phase::closed ? "0" : at == phase::half_open ? "1" : "2");
    };
    out.head("provider_breaker", "0: closed, 1: half open, 2: open.", "gauge");
    each("provider_breaker", state);
    out.head("provider_failures_total", "Attempts that the provider failed or put off.", "counter");
    each("provider_failures_total", [](const app::provider_health& h) { return std::to_string(h.failures()); });
    out.head("provider_latency_seconds", "Smoothed time to the head of an answer.", "gauge");
    each("provider_latency_seconds", [](const app::provider_health& h) { return seconds(h.latency_us()); });
}

}

std::string to_prometheus(const measurements& what) {
    text out;
    write_threads(out, what.threads);
    if (what.writer) write_writer(out, *what.writer);
    if (!what.providers.empty()) write_providers(out, what.providers);
    for (const sample& each : what.more) {
        const bool counter = each.type == sample::kind::counter;
        out.one(each.name, each.help, counter ? "counter" : "gauge", std::to_string(each.value));
    }
    return out.take();
}

}
