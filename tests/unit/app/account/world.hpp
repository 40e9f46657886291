#pragma once

// A gateway of which only the account endpoints are used: one key, one tenant, a store of canned answers.

#include <support/fake_confirmations.hpp>
#include <support/fake_exchange.hpp>
#include <support/run_task.hpp>

#include <tollgate/app/account.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace tollgate::app {

inline constexpr instant june_15{1'781'481'600'000'000}; // 2026-06-15T00:00:00Z

struct canned_store {
    std::map<ledger::counter_key, ledger::counter> counters;
    std::optional<ledger::balance_row> balance;
    std::vector<ledger::usage_row> rows; // ascending by id
    std::vector<store::usage_group> groups;
    std::vector<std::string> grouped_by;
    std::optional<store::usage_query> asked;
    std::vector<tenant_id> tenants; // that were asked about
    bool down = false;
    int pages = 0, pages_until_down = 1'000'000;
};

class canned_account_store final : public store::account_store {
public:
    explicit canned_account_store(canned_store& in) : in_(in) {}

    store_result<std::vector<std::pair<ledger::counter_key, ledger::counter>>>
    counters(const std::vector<ledger::counter_key>& keys) override {
        std::vector<std::pair<ledger::counter_key, ledger::counter>> out;
        for (const auto& key : keys) {
            in_.tenants.push_back(key.tenant);
            if (const auto at = in_.counters.find(key); at != in_.counters.end()) out.push_back(*at);
        }
        return out;
    }
    store_result<std::optional<ledger::balance_row>> balance(const tenant_id& tenant) override {
        in_.tenants.push_back(tenant);
        return in_.balance;
    }
    store_result<std::vector<ledger::entry>> entries(const tenant_id&, std::size_t) override { return away(); }
    store_result<std::vector<ledger::entry>> balance_movements(const tenant_id&, instant) override { return away(); }
    store_result<std::optional<ledger::usage_row>> request(const tenant_id& tenant, request_id id) override {
        in_.tenants.push_back(tenant);
        if (in_.down) return away();
        for (const auto& row : in_.rows)
            if (row.id == id && row.tenant == tenant) return row;
        return std::nullopt;
    }
    store_result<std::optional<ledger::usage_row>> request(request_id) override { return away(); }
    store_result<std::optional<ledger::stored_answer>> stored_answer(const tenant_id&, request_id) override {
        return away();
    }
    store_result<std::vector<ledger::usage_row>> decisions(const store::decision_query&) override { return away(); }
    store_result<store::counter_page> counters_after(const store::scope_key&, const tenant_id&, std::int64_t,
                                                     std::size_t) override {
        return away();
    }
    store_result<std::vector<ledger::usage_row>> usage_page(const store::usage_query& query, request_id after,
                                                            std::size_t count) override {
        in_.asked = query;
        in_.tenants.push_back(query.tenant);
        if (in_.down || in_.pages++ >= in_.pages_until_down) return away();
        std::vector<ledger::usage_row> out;
        for (const auto& row : in_.rows)
            if (row.id > after && out.size() < count) out.push_back(row);
        return out;
    }
    store_result<std::vector<store::usage_group>> usage_groups(const store::usage_query& query,
                                                               const std::vector<std::string>& by) override {
        in_.asked = query;
        in_.tenants.push_back(query.tenant);
        in_.grouped_by = by;
        if (in_.down) return away();
        return in_.groups;
    }
    store_result<std::vector<store::discrepancy>>
    verify(const std::optional<tenant_id>&, const std::function<void(std::size_t, std::size_t)>&) override {
        return away();
    }
    store_result<instant> now() override {
        if (in_.down) return away();
        return june_15;
    }

private:
    static std::unexpected<store_error> away() {
        return std::unexpected(store_error{store_fault::unavailable, "the fake is down"});
    }
    canned_store& in_;
};

struct no_ledger final : ports::ledger_port {
    task<result<ledger::reserve_outcome>> reserve(ledger::reserve_op&&) override {
        co_return fail(errc::internal_error, "an account view holds nothing");
    }
    task<settled> settle(ledger::settle_op&&) override { co_return settled{}; }
    task<settled> release(ledger::release_op&&) override { co_return settled{}; }
    void note(ledger::note_op) override {}
    task<result<ledger::move_outcome>> move(ledger::move_op) override {
        co_return fail(errc::internal_error, "an account view moves nothing");
    }
    bool healthy() const override { return true; }
};

struct no_upstream final : ports::upstream {
    task<std::expected<std::unique_ptr<ports::upstream_answer>, failure>> open(const ports::upstream_request&,
                                                                               stop_signal&) override {
        co_return std::unexpected(failure{{errc::internal_error, "an account view asks no provider"}, false});
    }
};

struct still_clock final : ports::clock {
    instant now() const override { return june_15; }
    std::int64_t steady_us() const override { return 0; }
    task<> sleep(std::uint32_t) override { co_return; }
};

struct counting_rng final : ports::rng {
    std::uint64_t next() override { return ++last; }
    std::uint64_t last = 0;
};

struct no_log final : ports::request_log {
    void write(std::string_view) override {}
};

struct one_key final : ports::key_directory {
    ports::caller holder;
    task<result<std::shared_ptr<const ports::caller>>> find(std::string_view secret) override {
        if (secret == "down") co_return fail(errc::ledger_unavailable, "away");
        if (secret != "secret") co_return std::shared_ptr<const ports::caller>{};
        co_return std::make_shared<const ports::caller>(holder);
    }
    std::string tenant_status(std::string_view) const override { return {}; }
};

struct world {
    net::io_context io{1};
    canned_store store;
    blocking_pool pool{1, 16};
    account_reader accounts{pool, readers()};
    live_configuration config;
    one_key keys;
    no_ledger ledger;
    no_upstream upstream;
    still_clock clock;
    counting_rng rng;
    no_log log;
    ports::metrics metrics;
    policy::tenant_policy policy;
    test::fake_confirmations confirmations;
    test::fake_digester digests;
    retry_watch retries{hash_key{1, 2}};
    services use{config,        keys,    ledger,  upstream,          clock, rng, log, metrics, accounts,
                 confirmations, digests, retries, io.get_executor(), "node"};

    world() {
        keys.holder.key = "key_1";
        keys.holder.tenant = "acme";
        policy.tenant = "acme";
        policy.version = "v1";
    }
    std::vector<std::unique_ptr<store::account_store>> readers() {
        std::vector<std::unique_ptr<store::account_store>> out;
        out.push_back(std::make_unique<canned_account_store>(store));
        return out;
    }
    test::fake_exchange ask(task<> (*handle)(services&, ports::exchange&), const std::string& target,
                            const std::string& secret = "secret") {
        auto policies = std::make_shared<policy::policy_set>();
        policies->tenants["acme"] = std::make_shared<const policy::tenant_policy>(policy);
        auto all = std::make_shared<configuration>();
        all->policies = policies;
        config.set(all);
        test::fake_exchange x("GET", target);
        if (!secret.empty()) x.with("Authorization", "Bearer " + secret);
        x.gone_after = gone_after;
        test::run(io, handle(use, x));
        EXPECT_TRUE(std::ranges::all_of(store.tenants, [](const auto& t) { return t == "acme"; }));
        return x;
    }
    int gone_after = 1'000'000;
};

}
