#pragma once

// Short ways to write operations, and to run a batch as the writer does: begin, apply, commit, again after a conflict.

#include <tollgate/ledger/apply.hpp>
#include <tollgate/store/ledger_store.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace tollgate::test {

// Distinct ids of one month.
inline request_id id_of(std::uint64_t n) { return request_id::make(1'784'030'400'000, 7, n); }

inline limit_check cost_limit(std::string scope, window span, std::int64_t maximum) {
    limit_check check;
    check.scope = std::move(scope);
    check.span = span;
    check.what = measure::cost;
    check.maximum = maximum;
    return check;
}

struct reserve_options {
    std::string tenant = "acme";
    std::int64_t amount = 100;
    std::int64_t tokens = 10;
    bool prepaid = false;
    std::uint32_t ttl_ms = 60'000;
    std::vector<limit_check> limits = {};
};

inline ledger::reserve_op reserve(request_id id, const reserve_options& with) {
    ledger::reserve_op op;
    op.hold.id = id;
    op.hold.tenant = with.tenant;
    op.hold.amount = usd_nano(with.amount);
    op.hold.input_amount = usd_nano(with.amount / 2);
    op.hold.tokens = with.tokens;
    op.hold.prepaid = with.prepaid;
    op.hold.node = "node-1";
    op.hold.record = R"({"route":"chat"})";
    op.ttl_ms = with.ttl_ms;
    op.limits = with.limits;
    return op;
}

inline ledger::usage_row row_for(const ledger::reservation& hold) {
    ledger::usage_row row;
    row.id = hold.id;
    row.tenant = hold.tenant;
    row.key = "key_1";
    row.decision = "allow";
    row.settlement_status = "charged";
    row.status = 200;
    row.used.prompt_tokens = 7;
    row.used.completion_tokens = 3;
    row.source = cost_source::provider_usage;
    row.at = hold.created;
    row.record = R"({"trace":"t"})";
    return row;
}

inline ledger::settle_op settle(const ledger::reservation& hold, std::int64_t actual) {
    ledger::settle_op op;
    op.hold = hold;
    op.actual = usd_nano(actual);
    op.tokens = 10;
    op.row = row_for(hold);
    op.row.provider_cost = usd_nano(actual / 2);
    return op;
}

inline ledger::release_op release(const ledger::reservation& hold) {
    ledger::release_op op;
    op.hold = hold;
    op.row = row_for(hold);
    op.row.settlement_status = "voided";
    return op;
}

inline ledger::expire_op expire(const ledger::reservation& hold) { return {hold, row_for(hold)}; }

inline ledger::move_op top_up(std::string tenant, std::string key, std::int64_t amount, request_id transaction) {
    ledger::move_op op;
    op.tenant = std::move(tenant);
    op.idempotency_key = std::move(key);
    op.kind = ledger::movement::top_up;
    op.amount = usd_nano(amount);
    op.transaction = transaction;
    op.reason = "bank transfer";
    op.actor = "billing";
    return op;
}

// Runs a batch until it is committed. Conflicts are tried again, as the writer does; anything else is returned.
inline store_result<std::vector<ledger::outcome>> run_batch(store::ledger_store& store,
                                                            const std::vector<ledger::op>& ops) {
    for (int attempt = 0; attempt < 1000; ++attempt) {
        auto found = store.begin([&](instant now) { return ledger::rows_of(ops, now); });
        if (!found && found.error().fault == store_fault::conflict) continue;
        if (!found) return std::unexpected(found.error());
        ledger::applied done = ledger::apply(ops, *found);
        const auto committed = store.commit(done.write);
        if (committed) return std::move(done.outcomes);
        if (committed.error().fault != store_fault::conflict) return std::unexpected(committed.error());
    }
    return std::unexpected(store_error{store_fault::conflict, "a thousand conflicts in a row"});
}

inline std::vector<ledger::outcome> must_run(store::ledger_store& store, const std::vector<ledger::op>& ops) {
    auto done = run_batch(store, ops);
    EXPECT_TRUE(done.has_value()) << done.error().detail;
    return std::move(done.value());
}

inline ledger::reserve_outcome must_reserve(store::ledger_store& store, const ledger::reserve_op& op) {
    return std::get<ledger::reserve_outcome>(must_run(store, {op}).at(0));
}

inline ledger::end_outcome must_end(store::ledger_store& store, ledger::op op) {
    return std::get<ledger::end_outcome>(must_run(store, {std::move(op)}).at(0));
}

// Reads rows without changing any.
inline ledger::snapshot look(store::ledger_store& store, const std::function<void(ledger::wanted&)>& at) {
    auto found = store.begin([&](instant) {
        ledger::wanted rows;
        at(rows);
        return rows;
    });
    EXPECT_TRUE(found.has_value()) << found.error().detail;
    store.rollback();
    return std::move(found.value());
}

inline ledger::counter counter_at(store::ledger_store& store, const ledger::counter_key& key) {
    const auto found = look(store, [&](ledger::wanted& rows) { rows.counters.add(key); });
    const ledger::counter* at = found.counters.find_row(key);
    return at ? *at : ledger::counter{};
}

}
