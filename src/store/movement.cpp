#include <tollgate/store/movement.hpp>

#include <tollgate/core/json_writer.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/store/run_ops.hpp>

#include <algorithm>
#include <array>

namespace tollgate::store {

namespace {

std::unexpected<movement_failure> failed(store_error why) {
    return std::unexpected(movement_failure{movement_failure::kind::store, std::move(why), {}});
}

std::unexpected<movement_failure> failed(movement_failure::kind what, std::string message) {
    return std::unexpected(movement_failure{what, {}, std::move(message)});
}

// The first posting under this idempotency key, when it is among the newest entries.
store_result<std::optional<ledger::entry>> first_posting(account_store& accounts, const tenant_id& tenant,
                                                         request_id transaction) {
    auto entries = accounts.entries(tenant, limits::store_page_rows_max);
    if (!entries) return std::unexpected(entries.error());
    const auto is_it = [&](const ledger::entry& e) { return e.transaction == transaction && e.leg == 0; };
    const auto found = std::ranges::find_if(*entries, is_it);
    if (found == entries->end()) return std::nullopt;
    return std::move(*found);
}

// A key used twice for different things is a mistake that would otherwise look like success. Empty: the same.
std::string difference(const ledger::entry& was, const ledger::move_op& op) {
    const usd_nano size = op.amount < usd_nano() ? -op.amount : op.amount;
    const bool took = was.debit == ledger::account::prepaid;
    if (was.kind == name_of(op.kind) && was.amount == size && took == (op.amount < usd_nano())) return {};
    return "the idempotency key " + op.idempotency_key + " was used before, for a " + was.kind + " of " +
           (took ? "-" : "") + to_usd(was.amount) + " USD (" + was.transaction.text() + ")";
}

audit_row audit_of(const ledger::move_op& op, const ledger::move_outcome& done) {
    audit_row row{op.actor, "balance." + std::string(name_of(op.kind)), op.tenant, {}, {}};
    json_writer before(row.before);
    before.begin_object().member("available_usd", done.available - op.amount).end_object();
    json_writer after(row.after);
    after.begin_object().member("available_usd", done.available).member("amount_usd", op.amount);
    after.member("transaction", done.transaction.text()).member("idempotency_key", op.idempotency_key);
    after.member("reason", op.reason).end_object();
    return row;
}

}

std::string objection_to(usd_nano amount, ledger::movement kind) {
    if (amount == usd_nano()) return "0 USD moves nothing";
    if (amount < usd_nano() && kind != ledger::movement::adjust)
        return "the amount must be positive here; an adjustment takes money away";
    const usd_nano most(limits::amount_nano_max);
    if (amount > most || amount < -most)
        return "the amount is larger than " + to_usd(most) + " USD, the most in one go";
    return {};
}

std::expected<ledger::move_outcome, movement_failure> post_movement(ledger_store& ledger, account_store& accounts,
                                                                    const ledger::move_op& op, request_id expiry) {
    // Grants that have run out no longer count towards what an adjustment may take.
    const std::array<ledger::op, 2> ops{ledger::expire_grants_op{op.tenant, expiry}, op};
    // Nothing is told of a movement that was posted before, or cannot be.
    const auto told = [&](const std::vector<ledger::outcome>& outcomes) {
        const auto& moved = std::get<ledger::move_outcome>(outcomes.back());
        return moved.repeated || moved.refused ? std::vector<audit_row>() : std::vector{audit_of(op, moved)};
    };
    auto outcomes = run_ops(ledger, ops, told);
    if (!outcomes) return failed(outcomes.error());
    auto done = std::get<ledger::move_outcome>(outcomes->back());
    if (done.refused) return failed(movement_failure::kind::refused, done.reason);
    if (!done.repeated) return done;
    const auto first = first_posting(accounts, op.tenant, done.transaction);
    if (!first) return failed(first.error());
    if (*first)
        if (std::string other = difference(**first, op); !other.empty())
            return failed(movement_failure::kind::reused, std::move(other));
    return done;
}

ledger::balance_row up_to_date(const tenant_id& tenant, ledger::balance_row stored, instant now) {
    ledger::snapshot found;
    found.now = now;
    const ledger::slot row = found.balances.add(tenant);
    found.balances.set_found(row, stored);
    const ledger::op expiry = ledger::expire_grants_op{tenant, request_id(1, 1)};
    auto done = ledger::apply(std::span(&expiry, 1), found);
    return done.write.balances.row(row);
}

}
