#include "movement.hpp"

#include "json.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/store/run_ops.hpp>

#include <algorithm>
#include <array>

namespace tollgate::cli {

namespace {

request_id fresh_id(const surroundings& world) {
    return request_id::make(world.now().ms(), static_cast<std::uint16_t>(world.random()), world.random());
}

bool is_plain(const std::string& text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Why the amount cannot be; empty when it can.
std::string objection(usd_nano amount, ledger::movement kind) {
    if (amount == usd_nano()) return "--usd 0 moves nothing";
    if (amount < usd_nano() && kind != ledger::movement::adjust)
        return "--usd must be positive here; `tollgate balance adjust` takes money away";
    const usd_nano most(limits::amount_nano_max);
    if (amount > most || amount < -most) return "--usd is larger than " + to_usd(most) + " USD, the most in one go";
    return {};
}

std::string objection(const movement_request& given) {
    if (given.idempotency_key.empty() || given.idempotency_key.size() > limits::idempotency_key_bytes_max ||
        !is_plain(given.idempotency_key))
        return "--idempotency-key must be 1 to " + std::to_string(limits::idempotency_key_bytes_max) +
               " bytes without control characters";
    if (given.tenant.empty()) return "--tenant is empty";
    if (given.reason.size() > limits::reason_bytes_max)
        return "--reason is longer than " + std::to_string(limits::reason_bytes_max) + " bytes";
    return {};
}

// The first posting under this idempotency key, when it is among the newest entries.
store_result<std::optional<ledger::entry>> first_posting(store::database& database, const ledger::move_op& op,
                                                         request_id transaction) {
    auto accounts = database.open_accounts();
    if (!accounts) return std::unexpected(accounts.error());
    auto entries = (*accounts)->entries(op.tenant, limits::store_page_rows_max);
    if (!entries) return std::unexpected(entries.error());
    const auto is_it = [&](const ledger::entry& e) { return e.transaction == transaction && e.leg == 0; };
    const auto found = std::ranges::find_if(*entries, is_it);
    if (found == entries->end()) return std::nullopt;
    return std::move(*found);
}

// A key used twice for different things is a mistake that would otherwise look like success.
status same_as_first(store::database& database, const ledger::move_op& op, request_id transaction) {
    auto first = first_posting(database, op, transaction);
    if (!first) return store_failed(first.error());
    if (!*first) return {};
    const ledger::entry& was = **first;
    const usd_nano size = op.amount < usd_nano() ? -op.amount : op.amount;
    const bool took = was.debit == ledger::account::prepaid;
    if (was.kind == name_of(op.kind) && was.amount == size && took == (op.amount < usd_nano())) return {};
    return refuse("the idempotency key " + op.idempotency_key + " was used before, for a " + was.kind + " of " +
                  (took ? "-" : "") + to_usd(was.amount) + " USD (" + transaction.text() +
                  ").\nNothing was posted. Use another key for another movement.");
}

std::string audit_text(const ledger::move_op& op, const ledger::move_outcome& done, usd_nano available) {
    json text{{"available_usd", to_usd(available)}};
    text["amount_usd"] = to_usd(op.amount);
    text["transaction"] = done.transaction.text();
    text["idempotency_key"] = op.idempotency_key;
    text["reason"] = op.reason;
    text["repeated"] = done.repeated;
    return text.dump(-1, ' ', false, json::error_handler_t::replace);
}

status audit(store::database& database, const ledger::move_op& op, const ledger::move_outcome& done) {
    auto keys = database.open_keys();
    if (!keys) return store_failed(keys.error());
    const usd_nano before = done.repeated ? done.available : done.available - op.amount;
    const json was{{"available_usd", to_usd(before)}};
    auto written = (*keys)->audit(op.actor, "balance." + std::string(name_of(op.kind)), op.tenant, was.dump(),
                                  audit_text(op, done, done.available));
    if (!written) return store_failed(written.error());
    return {};
}

}

outcome_of<ledger::move_op> checked(const movement_request& given, const surroundings& world) {
    if (std::string why = objection(given); !why.empty()) return refuse(std::move(why));
    const auto amount = parse_usd(given.usd);
    if (!amount) return misuse("--usd is not an amount");
    if (std::string why = objection(*amount, given.kind); !why.empty()) return refuse(std::move(why));
    ledger::move_op op;
    op.tenant = given.tenant;
    op.idempotency_key = given.idempotency_key;
    op.kind = given.kind;
    op.amount = *amount;
    op.from = given.from;
    op.priority = given.priority;
    op.reason = given.reason;
    op.actor = world.actor;
    op.transaction = fresh_id(world);
    if (!given.expires.empty()) {
        const auto expires = parse_rfc3339(given.expires);
        if (!expires) return misuse("--expires is not a time");
        if (*expires <= world.now()) return refuse("--expires " + given.expires + " is past");
        op.expires_s = expires->seconds();
    }
    if (!given.refunds.empty()) op.refunds = request_id::parse(given.refunds);
    return op;
}

outcome_of<ledger::move_outcome> post(const ledger::move_op& op, store::database& database, const surroundings& world) {
    auto ledger = database.open_ledger();
    if (!ledger) return store_failed(ledger.error());
    // Grants that have run out no longer count towards what an adjustment may take.
    const std::array<ledger::op, 2> ops{ledger::expire_grants_op{op.tenant, fresh_id(world)}, op};
    auto outcomes = store::run_ops(**ledger, ops);
    if (!outcomes) return store_failed(outcomes.error());
    auto done = std::get<ledger::move_outcome>(outcomes->back());
    if (done.refused) return refuse(done.reason);
    if (done.repeated)
        if (auto same = same_as_first(database, op, done.transaction); !same) return std::unexpected(same.error());
    if (auto written = audit(database, op, done); !written) return std::unexpected(written.error());
    return done;
}

}
