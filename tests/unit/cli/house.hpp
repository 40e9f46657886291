#pragma once

// A folder with a whole configuration and an empty store, and commands run over it in this process.

#include <tollgate/cli/run.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <vector>

namespace tollgate::cli {

struct answer {
    int code = 0;
    std::string out, err;
};

class house {
public:
    house() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tollgate-cli-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = pattern;
        std::filesystem::create_directories(folder_ / "policies");
        put("tollgate.yaml", settings());
        put("prices.yaml", "version: test-1\nprices:\n"
                           "  - {provider: one, model: small, input: 1, output: 2, effective_from: '2024-01-01'}\n");
        put("catalog.yaml",
            "tiers: [standard]\nproviders:\n  one: {base_url: 'http://127.0.0.1:1/v1'}\n"
            "models:\n  small: {provider: one, tier: standard, max_output_tokens: 1000, context_tokens: 8000}\n");
        put("policies/acme.yaml", "tenant_id: acme\npolicy_version: acme-1\nmonthly_budget_usd: 10\n"
                                  "prepaid_balance_usd: 5\n");
    }
    ~house() { std::filesystem::remove_all(folder_); }
    house(const house&) = delete;
    house& operator=(const house&) = delete;

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::string store_url() const { return "sqlite:" + path("tollgate.db"); }
    std::string settings() const { return "store: {url: '" + store_url() + "'}\nstate_dir: '" + path("state") + "'\n"; }
    void put(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

    // With --config; at a fixed moment, with random numbers that count up.
    answer run(std::vector<std::string> arguments) {
        arguments.push_back("--config");
        arguments.push_back(path("tollgate.yaml"));
        return run_bare(std::move(arguments));
    }
    answer run_bare(std::vector<std::string> arguments) {
        std::vector<const char*> argv{"tollgate"};
        for (const std::string& each : arguments) argv.push_back(each.c_str());
        std::ostringstream out, err;
        const surroundings world{.out = out,
                                 .err = err,
                                 .err_is_terminal = terminal,
                                 .now = [this] { return now; },
                                 .random = [this] { return ++random_; },
                                 .actor = "cli:test"};
        const int code = cli::run(static_cast<int>(argv.size()), argv.data(), world);
        return {code, out.str(), err.str()};
    }

    instant now = *parse_rfc3339("2026-06-14T12:00:00Z");
    bool terminal = false;

private:
    std::filesystem::path folder_;
    std::uint64_t random_ = 0;
};

}
