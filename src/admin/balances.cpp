// /admin/v1/balances
#include "routes.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/store/codec.hpp>
#include <tollgate/store/movement.hpp>

#include <algorithm>
#include <array>

namespace tollgate::admin {

namespace {

constexpr std::size_t entries_shown = 50;
constexpr std::int64_t priority_max = 1'000'000;

struct movement_kind {
    std::string_view name; // in the path
    ledger::movement kind;
    ledger::funding from;
};
constexpr std::array kinds{
    movement_kind{"top-up", ledger::movement::top_up, ledger::funding::purchase},
    movement_kind{"grant", ledger::movement::grant, ledger::funding::promo},
    movement_kind{"adjust", ledger::movement::adjust, ledger::funding::adjustment},
    movement_kind{"refund", ledger::movement::refund, ledger::funding::refund},
};

request_id fresh_id(const call& c) {
    const std::uint64_t high = c.use->random();
    return request_id::make(c.now.ms(), static_cast<std::uint16_t>(high), c.use->random());
}

json figures_json(const tenant_id& tenant, const ledger::balance_row& row, instant now) {
    json out{{"tenant", tenant}, {"currency", "USD"}, {"as_of", to_rfc3339(now, true)}};
    out["available_usd"] = to_usd(row.now.credited - row.now.spent - row.now.held);
    out["held_usd"] = to_usd(row.now.held);
    out["credited_usd"] = to_usd(row.now.credited);
    out["spent_usd"] = to_usd(row.now.spent);
    return out;
}

json grant_json(const ledger::grant& each) {
    json out{{"transaction", each.transaction.text()}, {"funding", store::name_of(each.from)}};
    out["amount_usd"] = to_usd(each.amount);
    out["remaining_usd"] = to_usd(each.remaining);
    out["priority"] = each.priority;
    out["effective"] = to_rfc3339(each.effective);
    out["expires"] = each.expires_s ? json(to_rfc3339(instant::from_seconds(*each.expires_s))) : json();
    return out;
}

json entry_json(const ledger::entry& each) {
    json out{{"transaction", each.transaction.text()}, {"kind", each.kind}, {"at", to_rfc3339(each.at, true)}};
    out["amount_usd"] = to_usd(each.amount);
    out["debit"] = name_of(each.debit);
    out["credit"] = name_of(each.credit);
    out["reason"] = each.reason;
    out["actor"] = each.actor;
    out["reverses"] = each.reverses ? json(each.reverses->text()) : json();
    return out;
}

void read_terms(body_reader& body, ledger::move_op& op, instant now) {
    const auto expires = body.time("expires");
    const bool grants = op.kind == ledger::movement::top_up || op.kind == ledger::movement::grant;
    if (!grants && (expires || body.has("priority")))
        body.object_to("\"expires\" and \"priority\" are for top-ups and grants.");
    if (expires && *expires <= now) body.object_to("The member \"expires\" is past.");
    if (expires) op.expires_s = expires->seconds();
    op.priority = static_cast<std::int32_t>(body.number("priority", 0, priority_max).value_or(op.priority));
    const std::string request = body.text("request");
    if (request.empty()) return;
    op.refunds = request_id::parse(request);
    if (op.kind != ledger::movement::refund) body.object_to("The member \"request\" is for refunds.");
    if (!op.refunds) body.object_to("The member \"request\" is no request id.");
}

std::expected<ledger::move_op, problem> movement_of(const call& c, const movement_kind& kind) {
    body_reader body(c, {"usd", "reason", "expires", "priority", "request"});
    ledger::move_op op;
    op.tenant = c.taken[0];
    op.idempotency_key = c.idempotency_key;
    op.kind = kind.kind;
    op.from = kind.from;
    op.actor = c.actor;
    op.transaction = fresh_id(c);
    op.reason = body.text("reason");
    if (op.reason.size() > limits::reason_bytes_max)
        body.object_to("The member \"reason\" is longer than " + std::to_string(limits::reason_bytes_max) + " bytes.");
    const auto amount = parse_usd(body.needed_text("usd"));
    if (!amount) body.object_to("The member \"usd\" is no amount: a string such as \"12.50\", at most nine decimals.");
    if (amount)
        if (const std::string why = store::objection_to(*amount, op.kind); !why.empty())
            body.object_to("The member \"usd\": " + why + ".");
    op.amount = amount.value_or(usd_nano());
    read_terms(body, op, c.now);
    if (body.objection()) return std::unexpected(*body.objection());
    return op;
}

problem refused(const store::movement_failure& why) {
    using kind = store::movement_failure::kind;
    if (why.what == kind::store) return store_problem(why.why);
    if (why.what == kind::refused) return conflict("movement_refused", "The balance does not allow this", why.message);
    problem out = conflict("idempotency_key_reused", "This Idempotency-Key was used for another movement",
                           why.message + ". Nothing was posted.");
    out.status = 422;
    return out;
}

}

// Of a page of tenants those that have one.
answered list_balances(const call& c, hands& h) {
    static constexpr std::string_view known[] = {"limit", "after"};
    const auto asked = read_query(c, known);
    if (!asked) return std::unexpected(asked.error());
    const auto wanted = read_page(*asked);
    if (!wanted) return std::unexpected(wanted.error());
    auto accounts = h.accounts();
    if (!accounts) return std::unexpected(accounts.error());
    const auto now = (*accounts)->now();
    if (!now) return std::unexpected(store_problem(now.error()));
    json data = json::array();
    const auto tenants = tenants_after(c, *wanted);
    for (const policy::tenant_policy* each : tenants) {
        const auto stored = (*accounts)->balance(each->tenant);
        if (!stored) return std::unexpected(store_problem(stored.error()));
        if (*stored) data.push_back(figures_json(each->tenant, store::up_to_date(each->tenant, **stored, *now), *now));
    }
    const bool more = tenants.size() == wanted->limit;
    return ok(page_json(std::move(data), more ? std::optional(tenants.back()->tenant) : std::nullopt));
}

answered show_balance(const call& c, hands& h) {
    auto accounts = h.accounts();
    if (!accounts) return std::unexpected(accounts.error());
    const auto now = (*accounts)->now();
    if (!now) return std::unexpected(store_problem(now.error()));
    const auto stored = (*accounts)->balance(c.taken[0]);
    if (!stored) return std::unexpected(store_problem(stored.error()));
    if (!*stored && c.config->policies->find(c.taken[0]) == nullptr)
        return std::unexpected(no_such("tenant " + c.taken[0]));
    const auto entries = (*accounts)->entries(c.taken[0], entries_shown);
    if (!entries) return std::unexpected(store_problem(entries.error()));
    const ledger::balance_row row = *stored ? store::up_to_date(c.taken[0], **stored, *now) : ledger::balance_row{};
    json out = figures_json(c.taken[0], row, *now);
    out["prepaid"] = stored->has_value();
    out["grants"] = json::array();
    for (const ledger::grant& each : ledger::open_grants(row)) out["grants"].push_back(grant_json(each));
    out["entries"] = json::array();
    for (const ledger::entry& each : *entries) out["entries"].push_back(entry_json(each));
    return ok(out);
}

answered move_balance(const call& c, hands& h) {
    const auto* kind = std::ranges::find(kinds, c.taken[1], &movement_kind::name);
    if (kind == kinds.end())
        return std::unexpected(no_such("movement " + c.taken[1] + "; there are top-up, grant, adjust and refund"));
    const auto op = movement_of(c, *kind);
    if (!op) return std::unexpected(op.error());
    if (auto tenant = tenant_of(c, op->tenant); !tenant) return std::unexpected(tenant.error());
    auto ledger = h.ledger();
    if (!ledger) return std::unexpected(ledger.error());
    auto accounts = h.accounts();
    if (!accounts) return std::unexpected(accounts.error());
    const auto done = store::post_movement(**ledger, **accounts, *op, fresh_id(c));
    if (!done) return std::unexpected(refused(done.error()));
    json out{{"tenant", op->tenant}, {"kind", name_of(op->kind)}, {"amount_usd", to_usd(op->amount)}};
    out["transaction"] = done->transaction.text();
    out["available_usd"] = to_usd(done->available);
    return ok(out, 201);
}

}
