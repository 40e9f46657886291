#pragma once

// A store of maps: what `apply` writes is what the next batch finds.

#include <tollgate/ledger/apply.hpp>

#include <functional>
#include <gtest/gtest.h>

namespace tollgate::ledger {

class book {
public:
    snapshot rows;
    std::vector<entry> entries;
    std::vector<usage_row> usage;
    std::map<request_id, stored_answer> answers;

    std::vector<outcome> run(const std::vector<op>& ops) {
        applied done = ledger::apply(std::span<const op>(ops), rows);
        rows.counters = std::move(done.write.counters);
        rows.balances = std::move(done.write.balances);
        for (const usage_write& row : done.write.usage) remember(row.whole());
        for (const usage_write& row : done.write.usage_corrected) remember(row.whole());
        for (const opening& each : done.write.reservations_opened) rows.reservations[each.hold->id] = each.whole();
        for (const opening& each : done.write.reservations_replaced) rows.reservations[each.hold->id] = each.whole();
        for (const reservation* hold : done.write.reservations_ended) rows.reservations.erase(request_id(hold->id));
        for (const auto& r : done.write.refunds) rows.charges[{r.tenant, r.id}].refunded = r.refunded;
        for (const auto& each : done.write.answers) answers[each.id] = each.what;
        for (const auto& [key, each] : done.write.claims) rows.claims[key] = each.row;
        for (auto& [key, row] : rows.claims) {
            row.running = rows.reservations.contains(row.holder);
            row.answered = answers.contains(row.holder);
        }
        for (const auto& each : done.write.tokens) rows.tokens[{each.tenant, each.token}] = each.by;
        for (const entry& leg : done.write.entries) {
            if (!leg.idempotency_key.empty()) rows.movements[{leg.tenant, leg.idempotency_key}] = {leg.transaction};
            entries.push_back(leg);
        }
        return done.outcomes;
    }

    template <class Outcome>
    Outcome one(op what) {
        return std::get<Outcome>(run({std::move(what)}).front());
    }

    counter at(const std::string& scope, window span) const {
        const counter* found =
            rows.counters.find_row({"acme", scope, span, window_start(span, rows.now, *time_zone::utc())});
        return found ? *found : counter{};
    }

    // Sum of one account, credits less debits.
    usd_nano account_balance(account which) const {
        usd_nano sum;
        for (const entry& leg : entries) {
            if (leg.credit == which) sum += leg.amount;
            if (leg.debit == which) sum -= leg.amount;
        }
        return sum;
    }

private:
    void remember(const usage_row& row) {
        usage.push_back(row);
        if (row.ended) rows.endings[row.id] = {*row.ended, row.charged, row.provisional, row.tokens, row.counted};
        rows.charges[{row.tenant, row.id}].charged = row.charged;
    }
};

inline request_id id_of(std::uint64_t n) { return request_id::make(1'780'000'000'000, 0, n); }

inline limit_check cost_limit(std::int64_t maximum, window span = window::month, std::string scope = "tenant") {
    limit_check check;
    check.scope = std::move(scope);
    check.span = span;
    check.maximum = maximum;
    return check;
}

inline reserve_op reserve_of(std::uint64_t n, std::int64_t amount, std::vector<limit_check> limits = {}) {
    reserve_op op;
    op.hold.id = id_of(n);
    op.hold.tenant = "acme";
    op.hold.amount = usd_nano(amount);
    op.hold.input_amount = usd_nano(amount / 2);
    op.hold.tokens = 10;
    op.ttl_ms = 60'000;
    for (std::size_t i = 0; i < limits.size(); ++i) limits[i].limit = static_cast<std::uint16_t>(i);
    op.limits = std::move(limits);
    return op;
}

inline usage_row row_of(const reservation& hold) {
    usage_row row;
    row.id = hold.id;
    row.tenant = hold.tenant;
    return row;
}

inline settle_op settle_of(const reservation& hold, std::int64_t actual, std::int64_t tokens = 5) {
    return {hold, usd_nano(actual), tokens, row_of(hold)};
}

inline move_op top_up_of(const std::string& key, std::int64_t amount, movement kind = movement::top_up) {
    move_op op;
    op.tenant = "acme";
    op.idempotency_key = key;
    op.kind = kind;
    op.amount = usd_nano(amount);
    op.transaction = request_id(1, std::hash<std::string>{}(key));
    return op;
}

}
