#include <tollgate/observability/prometheus.hpp>

#include <tollgate/core/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <sstream>

namespace tollgate::observability {

namespace {

std::string rendered(std::span<const ports::metrics* const> threads, std::span<const sample> more = {}) {
    return to_prometheus({threads, nullptr, more});
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

bool has_line(const std::string& text, const std::string& line) { return ("\n" + text).contains("\n" + line + "\n"); }

}

TEST(prometheus, sums_the_threads) {
    ports::metrics a, b;
    a.requests = 2;
    b.requests = 3;
    a.in_flight = 4;
    b.in_flight = -1;
    a.charged_nano_usd = 1'500'000'000;
    b.charged_nano_usd = 1;
    const std::array<const ports::metrics*, 2> threads{&a, &b};
    const std::string text = rendered(threads);
    EXPECT_TRUE(has_line(text, "tollgate_requests_total 5"));
    EXPECT_TRUE(has_line(text, "tollgate_in_flight 3"));
    EXPECT_TRUE(has_line(text, "tollgate_charged_usd_total 1.500000001"));
    EXPECT_TRUE(has_line(text, "tollgate_estimated_usd_total 0"));
}

TEST(prometheus, names_each_refusal_once_by_its_code) {
    ports::metrics m;
    m.refusals[static_cast<std::size_t>(errc::tenant_budget_exceeded)] = 7;
    m.refusals[static_cast<std::size_t>(errc::stream_truncated)] = 1;
    const std::array<const ports::metrics*, 1> threads{&m};
    const std::string text = rendered(threads);
    EXPECT_TRUE(has_line(text, "tollgate_refusals_total{code=\"tenant_budget_exceeded\"} 7"));
    std::istringstream lines(text);
    std::string line;
    std::set<std::string> seen;
    std::uint64_t total = 0;
    while (std::getline(lines, line)) {
        if (!line.starts_with("tollgate_refusals_total{")) continue;
        const std::size_t blank = line.find(' ');
        EXPECT_TRUE(seen.insert(line.substr(0, blank)).second) << line;
        total += std::stoull(line.substr(blank));
    }
    EXPECT_EQ(total, 8u);
    EXPECT_GT(seen.size(), 30u);
}

TEST(prometheus, histograms_are_cumulative_and_in_seconds) {
    ports::metrics m;
    ports::metrics::add(m.total_us, 0);
    ports::metrics::add(m.total_us, 1000);          // below 1024 us
    ports::metrics::add(m.total_us, 1024);          // below 2048 us
    ports::metrics::add(m.total_us, 3'600'000'000); // past every bucket
    const std::array<const ports::metrics*, 1> threads{&m};
    const std::string text = rendered(threads);
    const std::string name = "tollgate_request_duration_seconds";
    EXPECT_TRUE(has_line(text, name + "_bucket{le=\"0.000001\"} 1"));
    EXPECT_TRUE(has_line(text, name + "_bucket{le=\"0.000512\"} 1"));
    EXPECT_TRUE(has_line(text, name + "_bucket{le=\"0.001024\"} 2"));
    EXPECT_TRUE(has_line(text, name + "_bucket{le=\"0.002048\"} 3"));
    EXPECT_TRUE(has_line(text, name + "_bucket{le=\"67.108864\"} 3"));
    EXPECT_TRUE(has_line(text, name + "_bucket{le=\"+Inf\"} 4"));
    EXPECT_TRUE(has_line(text, name + "_count 4"));
    EXPECT_TRUE(has_line(text, name + "_sum 3600.002024"));
}

TEST(prometheus, every_family_has_help_and_type_once_and_every_line_parses) {
    ports::metrics m;
    const std::array<const ports::metrics*, 1> threads{&m};
    const sample more[] = {{"connections", "Open.", sample::kind::gauge, 12},
                           {"log_dropped_total", "Lost.", sample::kind::counter, 3}};
    const std::string text = rendered(threads, more);
    EXPECT_TRUE(has_line(text, "tollgate_connections 12"));
    EXPECT_TRUE(has_line(text, "# TYPE tollgate_log_dropped_total counter"));
    EXPECT_EQ(text.back(), '\n');
    std::istringstream lines(text);
    std::string line, family;
    std::set<std::string> families;
    while (std::getline(lines, line)) {
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            EXPECT_TRUE(families.insert(family).second) << family;
            EXPECT_EQ(count(text, "# TYPE " + family + " "), 1u);
            continue;
        }
        if (line.starts_with("# TYPE ")) continue;
        EXPECT_TRUE(line.starts_with(family)) << line;
        EXPECT_EQ(line.find_first_not_of("0123456789.-+Inf", line.rfind(' ') + 1), std::string::npos) << line;
    }
    EXPECT_EQ(count(text, "tenant=\""), 0u);
}

TEST(prometheus, providers_tell_whether_they_are_passed_over) {
    app::provider_board board;
    board.of("well").answered(1'000'000, 250'000);
    for (int i = 0; i < 5; ++i) board.of("ill").failed(1'000'000);
    const auto providers = board.all();
    measurements what;
    what.providers = providers;
    const std::string text = to_prometheus(what);
    for (const char* line :
         {"tollgate_provider_breaker{provider=\"ill\"} 2", "tollgate_provider_breaker{provider=\"well\"} 0",
          "tollgate_provider_failures_total{provider=\"ill\"} 5",
          "tollgate_provider_latency_seconds{provider=\"well\"} 0.25"})
        EXPECT_TRUE(has_line(text, line)) << line;
}

}
