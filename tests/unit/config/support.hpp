#pragma once

#include <tollgate/config/load.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tollgate::config::test {

inline constexpr document_limits roomy{1 << 20, 10'000};

// Knows the variables SET ("value") and EMPTY (""), and the file /secret ("from-file").
inline references known_references() {
    references known;
    known.variable = [](std::string_view name) -> std::optional<std::string> {
        if (name == "SET") return "value";
        if (name == "FIVE") return "5";
        if (name == "EMPTY") return "";
        return std::nullopt;
    };
    known.file = [](std::string_view path) -> std::optional<std::string> {
        if (path == "/secret") return "from-file";
        return std::nullopt;
    };
    return known;
}

// A document with everything that may be wrong with it.
struct reading {
    std::vector<problem> errors, warnings;
    context at{errors, warnings};
    std::optional<node> tree;

    explicit reading(std::string_view text, document_limits bounds = roomy)
        : tree(parse_document("f.yaml", text, bounds, known_references(), errors)) {}

    reading(const reading&) = delete; // `at` refers to members
    reading& operator=(const reading&) = delete;

    std::string all_errors() const {
        std::string all;
        for (const problem& one : errors) all += to_text(one) + "\n";
        return all;
    }
    bool says(std::string_view part) const { return all_errors().find(part) != std::string::npos; }
    bool warns(std::string_view part) const {
        return std::ranges::any_of(warnings,
                                   [&](const problem& one) { return to_text(one).find(part) != std::string::npos; });
    }
};

// A folder that is gone after the test.
class scratch_folder {
public:
    scratch_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "tollgate-config-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    std::string path(const std::string& name) const { return (path_ / name).string(); }
    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << text;
    }

private:
    std::filesystem::path path_;
};

inline constexpr instant some_day = instant::from_seconds(1'780'000'000); // in 2026

inline std::string shipped(const std::string& name) { return std::string(TOLLGATE_SOURCE_DIR) + "/config/" + name; }

inline const char* const small_catalog = R"(
tiers: [premium, standard, economy]
providers: {openai: {base_url: "https://api.openai.com/v1", api_key: k}}
models:
  big: {provider: openai, tier: premium, max_output_tokens: 100, context_tokens: 1000}
  mid: {provider: openai, tier: standard, max_output_tokens: 100, context_tokens: 1000}
  small: {provider: openai, tier: economy, max_output_tokens: 100, context_tokens: 1000}
  unpriced: {provider: openai, tier: economy, max_output_tokens: 100, context_tokens: 1000}
)";

inline const char* const small_prices = R"(
version: v1
prices:
  - {provider: openai, model: big, input: 10, output: 50, effective_from: 2026-01-01}
  - {provider: openai, model: mid, input: 1, output: 5, effective_from: 2026-01-01}
  - {provider: openai, model: small, input: 0.1, output: 0.5, effective_from: 2026-01-01}
)";

inline const char* const seed_policy = R"({
  "tenant_id": "tenant_123",
  "monthly_budget_usd": 500,
  "prepaid_balance_usd": 120,
  "hard_stop_usd": 600,
  "daily_soft_limit_usd": 35,
  "allowed_model_tiers": ["standard", "economy"],
  "blocked_features": ["bulk_enrichment"],
  "over_limit_action": "downgrade_then_fail_closed",
  "policy_version": "2026-06-tenant-budget-v1"
})";

}
