#include "settlement.hpp"

#include <tollgate/core/assert.hpp>

#include <algorithm>
#include <span>

namespace tollgate::ledger {

namespace {

// What an ending puts in the place of a hold.
struct charge {
    ending how = ending::settled;
    usd_nano amount;
    std::int64_t tokens = 0;
    bool estimated = false;
};

// Takes away at most what is there: a counter that had lost a hold (a damaged store) must not turn negative;
// `tollgate ledger verify` reports the difference.
template <class Amount>
void take(Amount& from, Amount amount) {
    from = std::max(Amount{}, from - amount);
}

void end_on_counters(std::span<const slot> counters, const reservation& hold, const charge& what, working_set& rows) {
    for (const slot each : counters) {
        counter& at = rows.change(each);
        take(at.held, hold.amount);
        take(at.tokens_held, hold.tokens);
        take(at.in_flight, std::int64_t{1});
        at.spent += what.amount;
        at.tokens += what.tokens;
    }
}

entry leg_of(const usage_row& row, std::uint8_t leg, std::string_view kind, account debit, account credit,
             usd_nano amount) {
    entry out;
    out.transaction = row.id;
    out.leg = leg;
    out.tenant = row.tenant;
    out.kind = kind;
    out.debit = debit;
    out.credit = credit;
    out.amount = amount;
    out.at = row.at;
    return out;
}

// Posts a charge: prepaid pays what it covers, the rest is owed. A negative amount gives back, the debt first.
void post_charge(const reservation& hold, const usage_row& row, usd_nano amount, std::string_view kind,
                 working_set& rows) {
    const std::uint8_t first = kind == "charge" ? 0 : 3;
    usd_nano from_prepaid;
    if (hold.prepaid) {
        balance& at = rows.change_balance(hold.tenant).now;
        const usd_nano covered = std::max(usd_nano(), at.credited - at.spent);
        if (amount >= usd_nano()) {
            from_prepaid = std::min(amount, covered);
        } else {
            const usd_nano debt = std::max(usd_nano(), at.spent - at.credited);
            from_prepaid = std::min(usd_nano(), amount + debt);
        }
        at.spent += amount;
    }
    const usd_nano owed = amount - from_prepaid;
    const auto post = [&](std::uint8_t leg, account payer, usd_nano part) {
        if (part == usd_nano()) return;
        if (part > usd_nano())
            rows.add_entry(leg_of(row, leg, kind, payer, account::revenue, part));
        else
            rows.add_entry(leg_of(row, leg, kind, account::revenue, payer, -part));
    };
    post(first, account::prepaid, from_prepaid);
    post(static_cast<std::uint8_t>(first + 1), account::receivable, owed);
}

void post_provider_cost(const usage_row& row, working_set& rows) {
    rows.add_entry(
        leg_of(row, 2, "provider_cost", account::provider_cost, account::provider_payable, row.provider_cost));
}

usage_write final_row(const usage_row& row, const reservation& hold, const charge& what) {
    usage_write out(row);
    out.charged = what.amount;
    out.estimated = hold.amount;
    out.overage = what.amount > hold.amount;
    out.counters = &hold.counters;
    out.counted = true;
    out.tokens = what.tokens;
    out.ended = what.how;
    out.provisional = what.estimated;
    return out;
}

end_outcome outcome_of(const reservation& hold, const charge& what) {
    end_outcome out;
    out.how = what.how;
    out.charged = what.amount;
    out.overage = std::max(usd_nano(), what.amount - hold.amount);
    return out;
}

// `op` is any operation that ends a hold, and `hold` that hold as it is open.
end_outcome end_open(const auto& op, const reservation& hold, const charge& what, working_set& rows) {
    end_on_counters(rows.counters_of(hold, op.hold), hold, what, rows);
    if (hold.prepaid) take(rows.change_balance(hold.tenant).now.held, hold.amount);
    post_charge(hold, op.row, what.amount, "charge", rows);
    post_provider_cost(op.row, rows);
    rows.end(hold, {what.how, what.amount, what.estimated, what.tokens, true});
    rows.add_usage(final_row(op.row, hold, what));
    return outcome_of(hold, what);
}

// The reservation ended at an estimate before it was known what it cost: the difference is posted, once.
end_outcome end_late(const auto& op, const charge& what, const ended_row& before, working_set& rows) {
    const reservation& hold = op.hold;
    const usd_nano difference = what.amount - before.charged;
    for (const slot each : rows.named()) {
        counter& at = rows.change(each);
        if (!before.counted) at.requests += 1;
        at.spent = std::max(usd_nano(), at.spent + difference);
        at.tokens = std::max<std::int64_t>(0, at.tokens + what.tokens - before.tokens);
    }
    usage_write row = final_row(op.row, hold, what);
    row.late = true;
    post_charge(hold, op.row, difference, "late", rows);
    if (before.counted)
        rows.correct_usage(row);
    else
        rows.add_usage(row);
    rows.correct_ending(hold.id, {what.how, what.amount, false, what.tokens, true});

    end_outcome out = outcome_of(hold, what);
    out.late = true;
    return out;
}

end_outcome first_outcome(const ended_row& before) {
    end_outcome out;
    out.how = before.how;
    out.charged = before.charged;
    out.repeated = true;
    return out;
}

}

end_outcome settle(const settle_op& op, working_set& rows) {
    TG_ASSERT(op.actual >= usd_nano());
    const charge what{ending::settled, op.actual, op.tokens, false};
    const ended_row* before = rows.find_ended(op.hold.id);
    if (before && !before->estimated) return first_outcome(*before);
    if (op.answer) rows.add_answer(op.hold.tenant, op.hold.id, *op.answer);
    if (const reservation* open = rows.find_open(op.hold.id)) return end_open(op, *open, what, rows);
    // Neither open nor ended: the store lost the hold (restored from an old backup). The money is owed all the same.
    return end_late(op, what, before ? ended_row(*before) : ended_row{}, rows);
}

end_outcome release(const release_op& op, working_set& rows) {
    const charge nothing{ending::released, usd_nano(), 0, false};
    if (const reservation* open = rows.find_open(op.hold.id)) return end_open(op, *open, nothing, rows);
    if (const ended_row* before = rows.find_ended(op.hold.id)) {
        // Expiry charged an estimate for what turns out to have cost nothing: that is given back.
        const ended_row was = *before;
        return was.estimated ? end_late(op, nothing, was, rows) : first_outcome(was);
    }
    rows.add_usage(op.row);
    end_outcome out;
    out.how = ending::released;
    return out;
}

end_outcome expire(const expire_op& op, working_set& rows) {
    const reservation* open = rows.find_open(op.hold.id);
    if (!open) {
        if (const ended_row* before = rows.find_ended(op.hold.id)) return first_outcome(*before);
        end_outcome unknown;
        unknown.how = ending::expired;
        unknown.repeated = true;
        return unknown;
    }
    const std::int64_t tokens = open->on_unknown == unknown_usage::release ? 0 : open->tokens;
    return end_open(op, *open, {ending::expired, charge_of_unknown(*open), tokens, true}, rows);
}

usd_nano charge_of_unknown(const reservation& hold) {
    switch (hold.on_unknown) {
    case unknown_usage::charge_estimate: return hold.amount;
    case unknown_usage::charge_input: return hold.input_amount;
    case unknown_usage::release: return {};
    }
    TG_ASSERT(false);
}

}
