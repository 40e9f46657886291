#include "checks.hpp"

#include <charconv>

namespace tollgate::simulation {

namespace {

std::string named(const request& of) { return "request " + std::to_string(of.number) + " of " + of.tenant; }

std::string show(usd_nano amount) { return std::to_string(amount.count()); }

std::string show(const ledger::counter_key& key) {
    return key.tenant + "/" + key.scope + "/" + std::string(name_of(key.span)) + "/" + std::to_string(key.start_s);
}

}

checks::checks(const test::memory_database& store, const app::configuration& config, const request_list& requests)
    : store_(store), config_(config), requests_(requests) {
    for (const auto& [tenant, policy] : config.policies->tenants) limits_[tenant] = hard_limits(*policy);
}

void checks::fail(const std::string& what) {
    if (!violation_) violation_ = what;
}

// The session of a request is its number, and stands in its record.
request* checks::owner_of(const ledger::reservation& hold) const {
    constexpr std::string_view key = "\"session\":\"s";
    const auto at = hold.record.find(key);
    std::size_t number = 0;
    if (at == std::string::npos) return nullptr;
    const char* from = hold.record.data() + at + key.size();
    std::from_chars(from, hold.record.data() + hold.record.size(), number);
    return number < requests_.size() ? requests_[number].get() : nullptr;
}

// 2, 4: a request holds once.
void checks::note_opened(const ledger::changes& write) {
    for (const ledger::opening& each : write.reservations_opened) {
        const ledger::reservation hold = each.whole();
        if (!opened_.try_emplace(hold.id, hold).second) fail("promise 4: " + hold.id.text() + " was held twice");
        request* of = owner_of(hold);
        if (!of)
            fail("promise 4: a hold of nobody, " + hold.id.text());
        else if (of->hold)
            fail("promise 4: " + named(*of) + " holds under two ids");
        else
            of->hold = hold;
    }
    for (const ledger::opening& each : write.reservations_replaced) {
        const ledger::reservation hold = each.whole();
        const auto before = opened_.find(hold.id);
        if (before == opened_.end() || ended_.contains(hold.id) || hold.attempt <= before->second.attempt) {
            fail("promise 4: " + hold.id.text() + " was replaced and did not hold");
            continue;
        }
        before->second = hold;
        if (request* of = owner_of(hold)) of->hold = hold;
    }
}

void checks::allow(const ledger::usage_row& row, usd_nano before, std::int64_t tokens_before) {
    const excess more{std::max(usd_nano(), row.charged - before),
                      std::max<std::int64_t>(0, row.tokens - tokens_before)};
    for (const ledger::touched& each : row.counters) {
        excess& at = over_[{row.tenant, each.scope, each.span, each.start_s}];
        at.money += more.money;
        at.tokens += more.tokens;
    }
    over_balance_[row.tenant] += more.money;
}

// 4: everything ends once; a late settlement corrects an estimate, once.
void checks::note_endings(const ledger::changes& write) {
    for (const ledger::reservation* hold : write.reservations_ended) {
        const request_id id = hold->id;
        if (!opened_.contains(id)) fail("promise 4: " + id.text() + " ended and was never held");
        if (++ended_[id].times > 1) fail("promise 4: " + id.text() + " ended twice");
    }
    for (const ledger::usage_write& each : write.usage) {
        const ledger::usage_row row = each.whole();
        const auto hold = opened_.find(row.id);
        if (!row.ended) continue;
        if (hold == opened_.end()) {
            fail("promise 4: the row of an ending without a hold, " + row.id.text());
            continue;
        }
        ended_[row.id].provisional = row.charged;
        ended_[row.id].provisional_tokens = row.tokens;
        allow(row, hold->second.amount, hold->second.tokens);
    }
    for (const ledger::usage_write& each : write.usage_corrected) {
        const ledger::usage_row row = each.whole();
        ending& at = ended_[row.id];
        if (at.times != 1 || at.corrected) fail("promise 4: " + row.id.text() + " was corrected twice or too early");
        at.corrected = true;
        allow(row, at.provisional, at.provisional_tokens);
    }
    for (const ledger::entry& leg : write.entries)
        if (!legs_.emplace(leg.transaction, leg.leg).second)
            fail("promise 4: leg " + std::to_string(leg.leg) + " of " + leg.transaction.text() + " was posted twice");
}

// 1: no overspend, but for what providers billed beyond their holds.
void checks::check_limits(const ledger::changes& write) {
    write.counters.each_changed([this](const ledger::counter_key& key, const ledger::counter&) {
        const auto found = store_.rows().counters.find(key);
        if (found == store_.rows().counters.end()) return;
        const ledger::counter& at = found->second;
        for (const limit_check& limit : limits_[key.tenant]) {
            if (limit.scope != key.scope || limit.span != key.span) continue;
            const excess over = over_[key];
            const std::int64_t used = limit.what == measure::cost       ? (at.spent + at.held - over.money).count()
                                      : limit.what == measure::tokens   ? at.tokens + at.tokens_held - over.tokens
                                      : limit.what == measure::requests ? at.requests
                                                                        : at.in_flight;
            if (used > limit.maximum)
                fail("promise 1: " + show(key) + " stands at " + std::to_string(used) + " of " +
                     std::to_string(limit.maximum));
        }
    });
}

void checks::check_balances(const ledger::changes& write) {
    write.balances.each_changed([this](const tenant_id& tenant, const ledger::balance_row&) {
        const auto found = store_.rows().balances.find(tenant);
        if (found == store_.rows().balances.end()) return;
        const ledger::balance& at = found->second.now;
        const usd_nano credit = at.credited + config_.policies->find(tenant)->credit_limit;
        if (at.spent + at.held - over_balance_[tenant] > credit)
            fail("promise 1: the balance of " + tenant + " stands at " + show(at.spent + at.held) + " of " +
                 show(credit));
    });
}

void checks::on_commit(const ledger::changes& write) {
    note_opened(write);
    note_endings(write);
    check_limits(write);
    check_balances(write);
    if (violation_) return;
    const auto differences = store_.verify(); // 6
    if (differences.empty()) return;
    const store::discrepancy& first = differences.front();
    fail("promise 6: " + first.what + " " + first.where + " should be " + first.expected + ", is " + first.found);
}

// 3: durable before dispatch.
void checks::on_dispatch(const request& of) {
    if (!of.hold) fail("promise 3: " + named(of) + " reached its provider without a committed hold");
}

// 7: what the provider said, or the documented fallback.
void checks::check_charge(const request& of, const ledger::usage_row& row) {
    const rates per_token = rates_of(*config_.policies->find(of.tenant));
    const bounds last = charge_for(of.now, *of.hold, per_token), before = charge_for(of.before, *of.hold, per_token);
    if (last.holds(row.charged)) return;
    const bool cut_by_client = of.left || of.killed;
    if (cut_by_client && before.holds(row.charged)) return;
    // A kill hides usage that was not durable yet. The client's last byte comes after that.
    // So does one before the undoing of a hold that its caller no longer waited for.
    const bool undo_lost = of.note_may_be_lost && !of.dispatched;
    const bool hidden = of.killed || of.may_be_lost || undo_lost;
    if (hidden && (!of.saw_end || of.may_be_lost || undo_lost) && row.charged == charge_unknown(*of.hold)) return;
    fail("promise 7: " + named(of) + " (" + row.id.text() + ") was charged " + show(row.charged) + ", owes " +
         show(last.low) + (last.low == last.high ? "" : ".." + show(last.high)) + "; held " + show(of.hold->amount) +
         ", code " + row.code + ", cost " + std::string(name_of(row.source)) + (row.late ? ", late" : "") +
         "; record " + row.record);
}

// 5: nothing lost.
void checks::check_admitted(const request& of) {
    const auto found = store_.rows().usage.find(of.hold->id);
    if (found == store_.rows().usage.end()) return fail("promise 5: no usage row of " + named(of));
    const ledger::usage_row& row = found->second;
    if (!row.ended || !row.counted) return fail("promise 5: the usage row of " + named(of) + " is not an ending");
    const bool answered = store_.rows().answers.contains({of.tenant, of.hold->id});
    if (answered != (row.ended == ledger::ending::settled)) fail("promise 5: the answer of " + named(of) + " is lost");
    if (row.estimated != of.hold->amount) return fail("promise 5: the row of " + named(of) + " forgot what was held");
    if (row.overage != (row.charged > of.hold->amount))
        return fail("promise 1: the overage of " + named(of) + " is not flagged");
    check_charge(of, row);
}

// 2: a refusal leaves its row and nothing else.
void checks::check_refused(const request& of) {
    if (of.dispatched) return fail("promise 3: " + named(of) + " was dispatched and never held");
    const auto id = request_id::parse(of.id);
    if (!id) return of.finished && !of.left ? fail("promise 2: " + named(of) + " was refused without an id") : void();
    const auto row = store_.rows().usage.find(*id);
    if (row == store_.rows().usage.end())
        return of.finished && !of.note_may_be_lost ? fail("promise 5: no row of the refused " + named(of)) : void();
    if (row->second.ended || row->second.counted || row->second.charged != usd_nano() ||
        row->second.decision != "refuse")
        fail("promise 2: the refused " + named(of) + " left more than a row");
}

void checks::at_end() {
    if (!store_.rows().reservations.empty())
        fail("promise 5: " + std::to_string(store_.rows().reservations.size()) + " reservations never end");
    for (const auto& of : requests_) {
        if (!of->finished && !of->killed) fail("promise 5: " + named(*of) + " never ends");
        if (of->hold)
            check_admitted(*of);
        else
            check_refused(*of);
    }
}

}
