#include "movements.hpp"

#include <tollgate/core/assert.hpp>

#include <algorithm>
#include <tuple>

namespace tollgate::ledger {

namespace {

// A grant that could not be emptied because its money is held is looked at again after this long.
constexpr std::int64_t retry_expiry_s = 60;

bool burns_first(const grant& a, const grant& b) {
    const auto rank = [](const grant& g) {
        return std::tuple(g.priority, g.expires_s.value_or(INT64_MAX), g.from == funding::purchase, g.effective,
                          g.transaction);
    };
    return rank(a) < rank(b);
}

// Takes `amount` from the grants in burn order; returns what they could not give.
usd_nano burn(std::vector<grant>& grants, usd_nano amount) {
    std::ranges::sort(grants, burns_first);
    for (grant& g : grants) {
        const usd_nano part = std::min(amount, g.remaining);
        g.remaining -= part;
        amount -= part;
    }
    return amount;
}

// Settled spending is burnt from grants lazily: the order between two movements never changes, so it is enough to
// catch up before each of them. Keeps the request path at one balance row.
void catch_up(balance_row& row) {
    // A late settlement may have given back what is burnt already: the next spending meets it.
    if (row.now.spent <= row.burned) return;
    const usd_nano rest = burn(row.grants, row.now.spent - row.burned);
    row.burned = row.now.spent - rest;
}

void note_next_expiry(balance_row& row, std::int64_t not_before_s) {
    row.now.next_expiry_s.reset();
    for (const grant& g : row.grants) {
        if (!g.expires_s || g.remaining == usd_nano()) continue;
        const std::int64_t at = std::max(*g.expires_s, not_before_s);
        row.now.next_expiry_s = std::min(row.now.next_expiry_s.value_or(INT64_MAX), at);
    }
}

usd_nano available(const balance& at) { return at.credited - at.spent - at.held; }

entry leg_of(const move_op& op, std::uint8_t leg, account debit, account credit, usd_nano amount, instant at) {
    entry out;
    out.transaction = op.transaction;
    out.leg = leg;
    out.tenant = op.tenant;
    out.kind = name_of(op.kind);
    out.debit = debit;
    out.credit = credit;
    out.amount = amount;
    out.at = at;
    out.reason = op.reason;
    out.actor = op.actor;
    out.reverses = op.refunds;
    if (leg == 0) out.idempotency_key = op.idempotency_key;
    return out;
}

account source_of(movement kind) {
    switch (kind) {
    case movement::top_up:
    case movement::opening: return account::cash_clearing;
    case movement::grant: return account::promo_expense;
    case movement::adjust: return account::adjustments;
    case movement::refund: return account::refunds;
    }
    TG_ASSERT(false);
}

move_outcome refused(std::string reason) {
    move_outcome out;
    out.refused = true;
    out.reason = std::move(reason);
    return out;
}

std::string charge_objection(const move_op& op, const working_set& rows) {
    const charged_row* charge = rows.find_charge(op.tenant, *op.refunds);
    if (!charge) return "request " + op.refunds->text() + " has no charge of this tenant to refund";
    if (charge->refunded + op.amount > charge->charged)
        return "request " + op.refunds->text() + " was charged " + to_usd(charge->charged) + " USD, of which " +
               to_usd(charge->refunded) + " USD has been refunded already";
    return {};
}

// All refunds together give back no more than was spent. Those that each name a request cannot by themselves, and may
// be for charges that never were the balance's; one that names none may have been for any request.
std::string total_objection(const move_op& op, const balance_row& at) {
    const bool any_free = !op.refunds || at.refunded.freely > usd_nano();
    if (!any_free || at.refunded.all + op.amount <= at.now.spent) return {};
    return "the balance has spent " + to_usd(at.now.spent) + " USD, of which " + to_usd(at.refunded.all) +
           " USD has been refunded already; more than that is a grant or an adjustment";
}

// Why this movement may not be posted; empty when it may.
std::string objection(const move_op& op, const balance_row& at, const working_set& rows) {
    if (op.amount < usd_nano() && available(at.now) + op.amount < usd_nano())
        return "the balance has " + to_usd(available(at.now)) + " USD available, less than the adjustment takes";
    if (op.kind != movement::refund) return {};
    if (op.refunds)
        if (std::string why = charge_objection(op, rows); !why.empty()) return why;
    return total_objection(op, at);
}

void note_refund(const move_op& op, balance_row& row, working_set& rows) {
    row.refunded.all += op.amount;
    if (op.refunds)
        rows.refund_charge(op.tenant, *op.refunds, op.amount);
    else
        row.refunded.freely += op.amount;
}

void credit_grant(const move_op& op, balance_row& row, working_set& rows) {
    const usd_nano debt = std::max(usd_nano(), row.now.spent - row.now.credited);
    row.now.credited += op.amount;
    row.grants.push_back(
        {op.transaction, op.tenant, op.amount, op.amount, op.from, op.priority, rows.now(), op.expires_s});
    rows.add_entry(leg_of(op, 0, source_of(op.kind), account::prepaid, op.amount, rows.now()));
    // What was owed is paid from the new money.
    rows.add_entry(leg_of(op, 1, account::prepaid, account::receivable, std::min(debt, op.amount), rows.now()));
    catch_up(row);
}

void debit_adjustment(const move_op& op, balance_row& row, working_set& rows) {
    row.now.credited += op.amount;
    const usd_nano rest = burn(row.grants, -op.amount);
    TG_ASSERT(rest == usd_nano());
    rows.add_entry(leg_of(op, 0, account::prepaid, account::adjustments, -op.amount, rows.now()));
}

}

move_outcome move(const move_op& op, working_set& rows) {
    TG_ASSERT(!op.idempotency_key.empty());
    TG_ASSERT(op.amount > usd_nano() || op.kind == movement::adjust);
    move_outcome out;
    if (const posted_movement* before = rows.find_movement(op.tenant, op.idempotency_key)) {
        out.repeated = true;
        out.transaction = before->transaction;
        const balance_row* row = rows.find_balance(op.tenant);
        out.available = row ? available(row->now) : usd_nano();
        return out;
    }
    const balance_row* found = rows.find_balance(op.tenant);
    if (std::string why = objection(op, found ? *found : balance_row{}, rows); !why.empty())
        return refused(std::move(why));

    balance_row& row = rows.change_balance(op.tenant);
    catch_up(row);
    if (op.amount >= usd_nano())
        credit_grant(op, row, rows);
    else
        debit_adjustment(op, row, rows);
    if (op.kind == movement::refund) note_refund(op, row, rows);
    note_next_expiry(row, 0);
    rows.post_movement(op.tenant, op.idempotency_key, op.transaction);
    out.transaction = op.transaction;
    out.available = available(row.now);
    return out;
}

std::vector<grant> open_grants(balance_row row) {
    catch_up(row);
    std::erase_if(row.grants, [](const grant& g) { return g.remaining == usd_nano(); });
    return std::move(row.grants);
}

void expire_grants(const expire_grants_op& op, working_set& rows) {
    if (!rows.find_balance(op.tenant)) return;
    balance_row& row = rows.change_balance(op.tenant);
    const std::int64_t now_s = rows.now().seconds();
    catch_up(row);
    std::uint8_t leg_number = 0;
    for (grant& g : row.grants) {
        if (leg_number == UINT8_MAX) break; // a transaction holds no more; the next pass goes on
        if (!g.expires_s || *g.expires_s > now_s) continue;
        // Held money is not lost: it may still be settled; what comes back is expired on a later pass.
        const usd_nano lost = std::min(g.remaining, std::max(usd_nano(), available(row.now)));
        if (lost == usd_nano()) continue;
        g.remaining -= lost;
        row.now.credited -= lost;
        entry leg;
        leg.transaction = op.transaction;
        leg.leg = leg_number++;
        leg.tenant = op.tenant;
        leg.kind = "breakage";
        leg.debit = account::prepaid;
        leg.credit = account::breakage;
        leg.amount = lost;
        leg.at = rows.now();
        leg.reverses = g.transaction;
        rows.add_entry(std::move(leg));
    }
    note_next_expiry(row, now_s + retry_expiry_s);
}

}
