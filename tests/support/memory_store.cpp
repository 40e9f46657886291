#include "memory_store.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/store/codec.hpp>

#include <algorithm>
#include <set>

namespace tollgate::test {

namespace {

using ledger::changes;
using ledger::reservation;
using ledger::snapshot;
using ledger::wanted;

std::unexpected<store_error> fail_with(store_fault fault, std::string detail) {
    return std::unexpected(store_error{fault, std::move(detail)});
}

ledger::given_back refunds_of(const memory_rows& rows, const tenant_id& tenant) {
    ledger::given_back out;
    for (const ledger::entry& each : rows.entries) {
        if (each.tenant != tenant || each.kind != "refund" || each.leg != 0) continue;
        out.all += each.amount;
        if (!each.reverses) out.freely += each.amount;
    }
    return out;
}

void read_money(const memory_rows& rows, const wanted& need, snapshot& found) {
    for (ledger::slot i = 0; i < found.counters.size(); ++i)
        if (const auto at = rows.counters.find(found.counters.key(i)); at != rows.counters.end())
            found.counters.set_found(i, at->second);
    for (ledger::slot i = 0; i < found.balances.size(); ++i)
        if (const auto at = rows.balances.find(found.balances.key(i)); at != rows.balances.end())
            found.balances.set_found(i, at->second);
    for (const auto& [key, grant] : rows.grants) {
        const auto owner = found.balances.find(key.first);
        if (owner && need.grants.contains(key.first) && grant.remaining > usd_nano())
            found.balances.found(*owner).grants.push_back(grant);
    }
    for (const tenant_id& tenant : need.refunds) {
        const auto owner = found.balances.find(tenant);
        if (owner) found.balances.found(*owner).refunded = refunds_of(rows, tenant);
    }
}

void read_requests(const memory_rows& rows, const wanted& need, snapshot& found) {
    for (const auto& [id, tenant] : need.reservations) {
        if (const auto open = rows.reservations.find(id); open != rows.reservations.end()) {
            found.reservations.insert(*open).first->second.record.clear();
            continue;
        }
        const auto ended = rows.usage.find(id);
        if (ended == rows.usage.end() || !ended->second.ended) continue;
        const ledger::usage_row& row = ended->second;
        found.endings[id] = {*row.ended, row.charged, row.provisional, row.tokens, row.counted};
    }
    for (const auto& key : need.movements)
        if (const auto at = rows.movements.find(key); at != rows.movements.end()) found.movements[key] = {at->second};
    for (const auto& key : need.charges) {
        const auto at = rows.usage.find(key.second);
        if (at != rows.usage.end() && at->second.tenant == key.first)
            found.charges[key] = {at->second.charged, at->second.refunded};
    }
}

void read_repeats(const memory_rows& rows, const wanted& need, snapshot& found) {
    for (const auto& key : need.claims) {
        const auto at = rows.claims.find(key);
        if (at == rows.claims.end()) continue;
        ledger::claim_row& row = found.claims[key] = at->second;
        row.running = rows.reservations.contains(row.holder);
        row.answered = rows.answers.contains({key.first, row.holder});
    }
    for (const auto& key : need.tokens)
        if (const auto at = rows.tokens.find(key); at != rows.tokens.end()) found.tokens[key] = at->second.by;
}

// What a database refuses by its keys and checks. Empty when all may be written.
store_result<void> check(const memory_rows& rows, const changes& write) {
    std::string below_zero;
    write.counters.each_changed([&](const ledger::counter_key& key, const ledger::counter& row) {
        if (row.held < usd_nano() || row.tokens_held < 0 || row.in_flight < 0 || row.requests < 0)
            below_zero = "a counter below zero: " + key.tenant + "/" + key.scope;
    });
    write.balances.each_changed([&](const tenant_id& tenant, const ledger::balance_row& row) {
        if (row.now.held < usd_nano()) below_zero = "a hold below zero: " + tenant;
    });
    if (!below_zero.empty()) return fail_with(store_fault::corrupt, below_zero);
    for (const ledger::opening& row : write.reservations_opened)
        if (rows.reservations.contains(row.hold->id))
            return fail_with(store_fault::conflict, "a reservation exists already");
    for (const ledger::opening& row : write.reservations_replaced)
        if (!rows.reservations.contains(row.hold->id))
            return fail_with(store_fault::corrupt, "no reservation to replace");
    for (const auto& [key, each] : write.claims)
        if (each.fresh == rows.claims.contains(key)) return fail_with(store_fault::conflict, "a claim was taken");
    for (const auto& each : write.tokens)
        if (rows.tokens.contains({each.tenant, each.token}))
            return fail_with(store_fault::conflict, "a token is spent");
    for (const ledger::entry& row : write.entries) {
        if (row.amount <= usd_nano() || row.debit == row.credit)
            return fail_with(store_fault::corrupt, "an entry that moves nothing");
        if (!row.idempotency_key.empty() && rows.movements.contains({row.tenant, row.idempotency_key}))
            return fail_with(store_fault::conflict, "a movement was posted already");
        const bool posted = std::ranges::any_of(rows.entries, [&](const ledger::entry& other) {
            return other.transaction == row.transaction && other.leg == row.leg && other.tenant == row.tenant;
        });
        if (posted) return fail_with(store_fault::conflict, "an entry was posted already");
    }
    return {};
}

void write_money(memory_rows& rows, const changes& write) {
    write.counters.each_changed(
        [&](const ledger::counter_key& key, const ledger::counter& row) { rows.counters[key] = row; });
    write.balances.each_changed([&](const tenant_id& tenant, const ledger::balance_row& row) {
        ledger::balance_row& at = rows.balances[tenant];
        at = row;
        at.grants.clear();
        for (const ledger::grant& grant : row.grants) rows.grants[{tenant, grant.transaction}] = grant;
    });
    for (const ledger::entry& row : write.entries) {
        rows.entries.push_back(row);
        if (!row.idempotency_key.empty()) rows.movements[{row.tenant, row.idempotency_key}] = row.transaction;
    }
}

void write_requests(memory_rows& rows, const changes& write) {
    for (const ledger::opening& row : write.reservations_opened) rows.reservations[row.hold->id] = row.whole();
    for (const ledger::opening& row : write.reservations_replaced) rows.reservations[row.hold->id] = row.whole();
    for (const reservation* hold : write.reservations_ended) rows.reservations.erase(hold->id);
    for (const ledger::usage_write& row : write.usage) rows.usage.try_emplace(row.row->id, row.whole());
    for (const ledger::usage_write& row : write.usage_corrected) {
        const auto at = rows.usage.find(row.row->id);
        if (at == rows.usage.end()) continue;
        const usd_nano refunded = at->second.refunded;
        at->second = row.whole();
        at->second.refunded = refunded;
    }
    for (const auto& each : write.refunds) {
        const auto at = rows.usage.find(each.id);
        if (at == rows.usage.end()) continue;
        at->second.refunded = each.refunded;
        at->second.settlement_status = "refunded";
    }
}

void write_repeats(memory_rows& rows, const changes& write) {
    for (const auto& [key, each] : write.claims) rows.claims[key] = each.row;
    for (const auto& each : write.answers) rows.answers.try_emplace({each.tenant, each.id}, each);
    for (const auto& each : write.tokens) rows.tokens.try_emplace({each.tenant, each.token}, each);
}

void add_sum(std::vector<store::touched_sum>& sums, const std::vector<ledger::touched>& counters, usd_nano amount,
             std::int64_t tokens) {
    const std::string packed = store::pack_touched(counters);
    auto at = std::ranges::find(sums, packed, &store::touched_sum::counters);
    if (at == sums.end()) at = sums.insert(sums.end(), {packed, 0, usd_nano(), 0});
    at->rows += 1;
    at->amount += amount;
    at->tokens += tokens;
}

}

class memory_ledger final : public store::ledger_store {
public:
    explicit memory_ledger(memory_database& home) : home_(home) {}
    ~memory_ledger() override { memory_ledger::rollback(); }

    store_result<snapshot> begin(const std::function<wanted(instant now)>& rows) override {
        TG_ASSERT(!lock_.owns_lock());
        const store_failure failure = home_.failure_at(store_point::begin);
        if (failure == store_failure::conflict) return fail_with(store_fault::conflict, "planted");
        if (failure != store_failure::none) return fail_with(store_fault::unavailable, "planted");
        lock_ = std::unique_lock(home_.transaction_);
        snapshot found;
        found.now = home_.clock_();
        wanted need = rows(found.now);
        read_requests(home_.rows_, need, found);
        ledger::want_found_holds(found, need);
        ledger::take_names(need, found);
        check_assumed(need);
        read_money(home_.rows_, need, found);
        read_repeats(home_.rows_, need, found);
        return found;
    }

    store_result<void> commit(const changes& write) override {
        TG_ASSERT(lock_.owns_lock());
        const auto held = std::move(lock_);
        const store_failure failure = home_.failure_at(store_point::commit);
        if (failure == store_failure::conflict) return fail_with(store_fault::conflict, "planted");
        if (failure == store_failure::unavailable) return fail_with(store_fault::unavailable, "planted");
        if (wrongly_assumed_) return fail_with(store_fault::conflict, "a hold is not as it was assumed");
        if (auto fits = check(home_.rows_, write); !fits) return fits;
        write_money(home_.rows_, write);
        write_requests(home_.rows_, write);
        write_repeats(home_.rows_, write);
        home_.commits_ += 1;
        if (failure == store_failure::lost_acknowledgement)
            return fail_with(store_fault::unavailable, "planted: the acknowledgement was lost");
        return {};
    }

    bool takes_assumptions() const override { return true; }

    void rollback() override {
        if (lock_.owns_lock()) lock_.unlock();
    }

    store_result<std::vector<reservation>> expired(std::size_t count) override {
        const instant now = home_.clock_();
        return some(count, [&](const reservation& row) { return row.expires <= now; }, &reservation::expires);
    }

    store_result<std::vector<reservation>> held_by(const std::string& node, std::size_t count) override {
        return some(count, [&](const reservation& row) { return row.node == node; }, &reservation::created);
    }

    store_result<std::vector<tenant_id>> tenants_with_expired_grants(std::size_t count) override {
        const std::lock_guard lock(home_.transaction_);
        std::vector<tenant_id> out;
        for (const auto& [tenant, row] : home_.rows_.balances)
            if (row.now.next_expiry_s && *row.now.next_expiry_s <= home_.clock_().seconds() && out.size() < count)
                out.push_back(tenant);
        return out;
    }

    store_result<std::size_t> prune_counters(std::size_t count) override {
        const std::lock_guard lock(home_.transaction_);
        std::map<store::scope_key, std::vector<store::window_counter>> scopes;
        for (const auto& [key, at] : home_.rows_.counters)
            scopes[{key.tenant, key.scope}].push_back({key.span, key.start_s, at});
        std::size_t removed = 0;
        for (const auto& [scope, windows] : scopes) {
            if (removed == count || !store::is_over(windows, home_.clock_())) continue;
            for (const auto& each : windows)
                home_.rows_.counters.erase({scope.tenant, scope.scope, each.span, each.start_s});
            ++removed;
        }
        return removed;
    }

    store_result<std::size_t> prune_repeats(std::size_t count) override {
        const std::lock_guard lock(home_.transaction_);
        const std::int64_t now_us = home_.clock_().us;
        const auto prune = [&](auto& rows, std::int64_t kept_s, auto created) {
            std::size_t removed = 0;
            std::erase_if(rows, [&](const auto& entry) {
                return created(entry.second).us + kept_s * 1'000'000 <= now_us && removed++ < count;
            });
            return std::min(removed, count);
        };
        const auto created = [](const auto& row) { return row.created; };
        return prune(home_.rows_.claims, limits::idempotency_kept_s, created) +
               prune(home_.rows_.answers, limits::idempotency_kept_s, created) +
               prune(home_.rows_.tokens, limits::confirmation_kept_s, created);
    }

private:
    // Told as they are believed to be; the commit finds out.
    void check_assumed(const wanted& need) {
        wrongly_assumed_ = false;
        for (const reservation* hold : need.assumed) {
            const auto open = home_.rows_.reservations.find(hold->id);
            wrongly_assumed_ |= open == home_.rows_.reservations.end() || open->second.attempt != hold->attempt;
        }
    }

    template <class Which>
    store_result<std::vector<reservation>> some(std::size_t count, Which which, instant reservation::* oldest) {
        const std::lock_guard lock(home_.transaction_);
        std::vector<reservation> out;
        for (const auto& [id, row] : home_.rows_.reservations)
            if (which(row)) out.push_back(row);
        std::ranges::sort(out, {}, oldest);
        if (out.size() > count) out.resize(count);
        return out;
    }

    memory_database& home_;
    std::unique_lock<std::mutex> lock_;
    bool wrongly_assumed_ = false;
};

std::unique_ptr<store::ledger_store> memory_database::open_ledger() { return std::make_unique<memory_ledger>(*this); }

std::optional<ledger::stored_answer> memory_database::stored_answer(const tenant_id& tenant, request_id id) const {
    const auto at = rows_.answers.find({tenant, id});
    if (at == rows_.answers.end()) return std::nullopt;
    return at->second.what;
}

store::tenant_books memory_database::books(const tenant_id& tenant) const {
    store::tenant_books books;
    books.tenant = tenant;
    books.now = clock_();
    for (const auto& [key, row] : rows_.counters)
        if (key.tenant == tenant) books.counters[key] = row;
    if (const auto at = rows_.balances.find(tenant); at != rows_.balances.end()) books.balance = at->second;
    for (const auto& [key, row] : rows_.grants)
        if (key.first == tenant) books.grants_remaining += row.remaining;
    for (const auto& [id, row] : rows_.usage) {
        if (row.tenant != tenant) continue;
        if (row.counted) add_sum(books.usage, row.counters, row.charged, row.tokens);
        if (row.ended) books.charged += row.charged;
    }
    for (const auto& [id, row] : rows_.reservations) {
        if (row.tenant != tenant) continue;
        add_sum(books.holds, row.counters, row.amount, row.tokens);
        if (row.prepaid) books.held_prepaid += row.amount;
    }
    for (const ledger::entry& row : rows_.entries)
        if (row.tenant == tenant) books.entries.push_back({row.debit, row.credit, row.amount});
    return books;
}

std::vector<store::discrepancy> memory_database::verify() const {
    std::set<tenant_id> tenants;
    for (const auto& [key, row] : rows_.counters) tenants.insert(key.tenant);
    for (const auto& [tenant, row] : rows_.balances) tenants.insert(tenant);
    for (const auto& [id, row] : rows_.reservations) tenants.insert(row.tenant);
    for (const auto& [id, row] : rows_.usage) tenants.insert(row.tenant);
    std::vector<store::discrepancy> found;
    for (const tenant_id& tenant : tenants)
        for (auto& each : store::compare(books(tenant))) found.push_back(std::move(each));
    return found;
}

}
