#include "movement.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/store/movement.hpp>

#include <algorithm>

namespace tollgate::cli {

namespace {

request_id fresh_id(const surroundings& world) {
    return request_id::make(world.now().ms(), static_cast<std::uint16_t>(world.random()), world.random());
}

bool is_plain(const std::string& text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
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

}

outcome_of<ledger::move_op> checked(const movement_request& given, const surroundings& world) {
    if (std::string why = objection(given); !why.empty()) return refuse(std::move(why));
    const auto amount = parse_usd(given.usd);
    if (!amount) return misuse("--usd is not an amount");
    if (const std::string why = store::objection_to(*amount, given.kind); !why.empty())
        return refuse("--usd " + given.usd + ": " + why +
                      (*amount < usd_nano() ? " (`tollgate balance adjust`)" : std::string()));
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
    auto accounts = database.open_accounts();
    if (!accounts) return store_failed(accounts.error());
    auto done = store::post_movement(**ledger, **accounts, op, fresh_id(world));
    if (done) return std::move(*done);
    using kind = store::movement_failure::kind;
    switch (done.error().what) {
    case kind::store: return store_failed(done.error().why);
    case kind::refused: return refuse(done.error().message);
    case kind::reused:
        return refuse(done.error().message + ".\nNothing was posted. Use another key for another movement.");
    }
    TG_ASSERT(false);
}

}
