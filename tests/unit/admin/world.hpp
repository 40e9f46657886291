#pragma once

// The admin listener over a database in memory, with three tokens and two tenants.

#include <support/fake_admin_store.hpp>
#include <support/fake_exchange.hpp>
#include <support/memory_store.hpp>
#include <support/run_task.hpp>

#include <tollgate/admin/admin_handler.hpp>
#include <tollgate/ledger/apply.hpp>
#include <tollgate/store/price_store.hpp>
#include <tollgate/store/retry_block_store.hpp>
#include <tollgate/store/seed_store.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tollgate::admin {

using test::fake_exchange;
using njson = nlohmann::json;

inline constexpr instant noon = instant::from_seconds(1'781'524'800); // 2026-06-15T12:00:00Z

// Reads over the rows of the memory ledger.
class memory_accounts final : public store::account_store {
public:
    explicit memory_accounts(test::memory_database& db) : db_(db) {}

    store_result<store::counter_list> counters(const std::vector<ledger::counter_key>& keys) override {
        store::counter_list out;
        for (const auto& key : keys)
            if (const auto at = db_.rows().counters.find(key); at != db_.rows().counters.end()) out.push_back(*at);
        return out;
    }
    // A page a scope, so that whoever asks must turn pages.
    store_result<store::counter_page> counters_after(const store::scope_key& after, const tenant_id& tenant,
                                                     std::int64_t, std::size_t) override {
        store::counter_page page;
        for (const auto& [key, at] : db_.rows().counters) {
            const store::scope_key scope{key.tenant, key.scope};
            if (scope <= after || (!tenant.empty() && key.tenant != tenant)) continue;
            if (page.last && *page.last != scope) return page;
            page.last = scope;
            page.counters.emplace_back(key, at);
        }
        return page;
    }
    store_result<std::optional<ledger::balance_row>> balance(const tenant_id& tenant) override {
        const auto at = db_.rows().balances.find(tenant);
        if (at == db_.rows().balances.end()) return std::nullopt;
        ledger::balance_row row = at->second;
        for (const auto& [id, grant] : db_.rows().grants)
            if (id.first == tenant) row.grants.push_back(grant);
        return row;
    }
    store_result<std::vector<ledger::entry>> entries(const tenant_id& tenant, std::size_t newest) override {
        std::vector<ledger::entry> out;
        for (const auto& entry : db_.rows().entries)
            if (entry.tenant == tenant && out.size() < newest) out.insert(out.begin(), entry);
        return out;
    }
    store_result<std::vector<ledger::entry>> balance_movements(const tenant_id&, instant) override {
        return std::vector<ledger::entry>();
    }
    store_result<std::optional<ledger::usage_row>> request(const tenant_id&, request_id id) override {
        return request(id);
    }
    store_result<std::optional<ledger::usage_row>> request(request_id id) override {
        const auto at = db_.rows().usage.find(id);
        if (at == db_.rows().usage.end()) return std::nullopt;
        return at->second;
    }
    store_result<std::optional<ledger::stored_answer>> stored_answer(const tenant_id&, request_id) override {
        return std::nullopt;
    }
    store_result<std::vector<ledger::usage_row>> usage_page(const store::usage_query&, request_id,
                                                            std::size_t) override {
        return std::vector<ledger::usage_row>();
    }
    store_result<std::vector<ledger::usage_row>> decisions(const store::decision_query& query) override {
        std::vector<ledger::usage_row> out;
        for (auto at = db_.rows().usage.rbegin(); at != db_.rows().usage.rend() && out.size() < query.count; ++at) {
            const ledger::usage_row& row = at->second;
            const bool fits = (query.tenant.empty() || row.tenant == query.tenant) &&
                              (query.code.empty() || row.code == query.code) && row.at >= query.from &&
                              row.at < query.to && (!query.before || row.id < *query.before);
            if (fits) out.push_back(row);
        }
        return out;
    }
    store_result<std::vector<store::usage_group>> usage_groups(const store::usage_query& query,
                                                               const std::vector<std::string>& by) override {
        std::map<std::string, store::usage_group> groups; // by tenant, or all together
        for (const auto& [id, row] : db_.rows().usage) {
            if (!query.tenant.empty() && row.tenant != query.tenant) continue;
            store::usage_group& group = groups[by.empty() ? "" : row.tenant];
            group.by = by.empty() ? std::vector<std::string>() : std::vector{row.tenant};
            group.requests += 1;
            group.charged += row.charged;
        }
        std::vector<store::usage_group> out;
        for (auto& [name, group] : groups) out.push_back(group);
        return out;
    }
    store_result<std::vector<store::discrepancy>>
    verify(const std::optional<tenant_id>&, const std::function<void(std::size_t, std::size_t)>&) override {
        return std::vector<store::discrepancy>();
    }
    store_result<instant> now() override { return noon; }

private:
    test::memory_database& db_;
};

class memory_all final : public store::database {
public:
    memory_all(std::shared_ptr<test::key_rows> keys, std::shared_ptr<test::admin_rows> admin,
               test::memory_database& ledger)
        : keys_(std::move(keys)), admin_(std::move(admin)), ledger_(ledger) {}
    store_result<store::migration_report> migrate() override { return store::migration_report{}; }
    store_result<int> pending() override { return 0; }
    store_result<std::unique_ptr<store::ledger_store>> open_ledger() override { return ledger_.open_ledger(); }
    store_result<std::unique_ptr<store::account_store>> open_accounts() override {
        return std::make_unique<memory_accounts>(ledger_);
    }
    store_result<std::unique_ptr<store::key_store>> open_keys() override {
        return std::make_unique<test::fake_key_store>(keys_);
    }
    store_result<std::unique_ptr<store::admin_store>> open_admin() override {
        return std::make_unique<test::fake_admin_store>(keys_, admin_);
    }
    store_result<std::unique_ptr<store::retry_block_store>> open_retry_blocks() override {
        return std::unexpected(store_error{store_fault::unavailable, "there are none in memory"});
    }
    store_result<std::unique_ptr<store::price_store>> open_prices() override {
        return std::unexpected(store_error{store_fault::unavailable, "there are none in memory"});
    }
    store_result<std::unique_ptr<store::seed_store>> open_seeds() override {
        return std::unexpected(store_error{store_fault::unavailable, "there are none in memory"});
    }
    std::string description() const override { return "memory"; }

private:
    std::shared_ptr<test::key_rows> keys_;
    std::shared_ptr<test::admin_rows> admin_;
    test::memory_database& ledger_;
};

struct listener {
    std::shared_ptr<test::key_rows> keys = std::make_shared<test::key_rows>();
    std::shared_ptr<test::admin_rows> requests = std::make_shared<test::admin_rows>();
    test::memory_database ledger{[] { return noon; }};
    memory_all database{keys, requests, ledger};
    keys::key_hasher hasher{"pepper"};
    std::vector<app::health_check> checks{{"store", true, "sqlite", true}, {"configuration", true, "", false}};
    std::shared_ptr<app::configuration> config = std::make_shared<app::configuration>();
    std::uint64_t drawn = 0;
    int told_of_changes = 0;
    net::io_context io{1};
    blocking_pool pool{1, 8};
    std::vector<admin_token> tokens{{"alice", "token-of-alice-the-reader", false, false},
                                    {"bob", "token-of-bob-the-operator", true, false},
                                    {"carol", "token-of-carol-and-money", false, true}};
    std::unique_ptr<admin_handler> handle;

    listener() {
        auto models = std::make_shared<tollgate::catalog>();
        models->price_version = "prices-1";
        models->models.emplace("small", std::make_shared<const model>());
        price row;
        row.rates.input = 250'000'000;
        row.rates.output = 2'000'000'000;
        models->prices["one/small"] = {row};
        config->catalog = std::move(models);
        auto set = std::make_shared<policy::policy_set>();
        for (const char* tenant : {"acme", "beta"}) {
            auto made = std::make_shared<policy::tenant_policy>();
            made->tenant = tenant;
            made->version = std::string(tenant) + "-v1";
            made->hash = "h1";
            made->hard_stop = usd_nano(100 * usd_nano::per_usd);
            set->tenants.emplace(tenant, std::move(made));
        }
        config->policies = std::move(set);
        start();
    }
    void start() {
        handle = std::make_unique<admin_handler>(
            sources(), admin_work{io.get_executor(), pool, database, hasher, "sk-tg-", 3'600'000}, tokens);
    }
    admin_sources sources() {
        admin_sources out;
        out.readiness = [this] { return checks; };
        out.metrics = [] { return std::string("tollgate_requests_total 1\n"); };
        out.config = [this] { return config; };
        out.now = [] { return noon; };
        out.tenant_status = [this](std::string_view tenant) {
            const auto at = keys->flags.find(std::string(tenant));
            return at == keys->flags.end() ? std::string() : at->second.status;
        };
        out.random = [this] { return ++drawn; };
        out.changed = [this] { ++told_of_changes; };
        out.parse_policy = [](const std::string& text) { return parsed(text); };
        return out;
    }
    // "TENANT VERSION HASH", or a problem.
    static std::expected<read_policy, std::vector<policy_problem>> parsed(const std::string& text) {
        const std::size_t first = text.find(' '), second = text.find(' ', first + 1);
        if (second == std::string::npos) return std::unexpected(std::vector{policy_problem{3, 7, "unknown key `x`"}});
        auto made = std::make_shared<policy::tenant_policy>();
        made->tenant = text.substr(0, first);
        made->version = text.substr(first + 1, second - first - 1);
        made->hash = text.substr(second + 1);
        return read_policy{std::move(made), text};
    }

    fake_exchange ask(const std::string& method, const std::string& target) {
        fake_exchange x(method, target);
        test::run(io, (*handle)(x));
        return x;
    }
    fake_exchange as(const std::string& name, const std::string& method, const std::string& target,
                     const std::string& body = {}, const std::string& key = {}) {
        fake_exchange x(method, target, body);
        const auto token = std::ranges::find(tokens, name, &admin_token::name);
        x.with("authorization", "Bearer " + token->secret);
        if (!key.empty()) x.with("idempotency-key", key);
        test::run(io, (*handle)(x));
        return x;
    }
    njson json_of(const fake_exchange& x) { return njson::parse(x.answer); }
};

inline std::string type_of(const fake_exchange& x) { return njson::parse(x.answer)["type"]; }

}
