#include "working_set.hpp"

#include <tollgate/core/assert.hpp>

#include <algorithm>

namespace tollgate::ledger {

namespace {

template <class Map, class Key>
auto* find_in(Map& map, const Key& key) {
    const auto at = map.find(key);
    return at == map.end() ? nullptr : &at->second;
}

}

counter working_set::look(const counter_key& key) const {
    if (const auto* dirty = find_in(write_.counters, key)) return *dirty;
    if (const auto* clean = find_in(found_.counters, key)) return *clean;
    return {};
}

counter& working_set::change(const counter_key& key) {
    const auto [at, fresh] = write_.counters.try_emplace(key);
    if (fresh)
        if (const auto* clean = find_in(found_.counters, key)) at->second = *clean;
    return at->second;
}

const balance_row* working_set::find_balance(const tenant_id& tenant) const {
    if (const auto* dirty = find_in(write_.balances, tenant)) return dirty;
    return find_in(found_.balances, tenant);
}

balance_row& working_set::change_balance(const tenant_id& tenant) {
    const auto [at, fresh] = write_.balances.try_emplace(tenant);
    if (fresh)
        if (const auto* clean = find_in(found_.balances, tenant)) at->second = *clean;
    return at->second;
}

const reservation* working_set::find_open(request_id id) const {
    if (ended_.contains(id)) return nullptr;
    if (const auto at = opened_.find(id); at != opened_.end()) return &write_.reservations_opened[at->second];
    if (const auto at = replaced_.find(id); at != replaced_.end()) return &write_.reservations_replaced[at->second];
    return find_in(found_.reservations, id);
}

const ended_row* working_set::find_ended(request_id id) const {
    if (const auto* here = find_in(ended_, id)) return here;
    return find_in(found_.endings, id);
}

void working_set::open(reservation hold) {
    TG_ASSERT(!find_open(hold.id));
    opened_[hold.id] = write_.reservations_opened.size();
    write_.reservations_opened.push_back(std::move(hold));
}

void working_set::replace(reservation hold) {
    TG_ASSERT(find_open(hold.id));
    if (const auto at = opened_.find(hold.id); at != opened_.end()) {
        write_.reservations_opened[at->second] = std::move(hold);
        return;
    }
    const auto [at, fresh] = replaced_.try_emplace(hold.id, write_.reservations_replaced.size());
    if (fresh)
        write_.reservations_replaced.push_back(std::move(hold));
    else
        write_.reservations_replaced[at->second] = std::move(hold);
}

void working_set::end(const reservation& hold, const ended_row& how) {
    TG_ASSERT(!find_ended(hold.id));
    ended_[hold.id] = how;
    write_.reservations_ended.emplace_back(hold.tenant, hold.id);
}

const posted_movement* working_set::find_movement(const tenant_id& tenant, const std::string& key) const {
    const std::pair name{tenant, key};
    if (const auto* here = find_in(posted_, name)) return here;
    return find_in(found_.movements, name);
}

void working_set::post_movement(const tenant_id& tenant, const std::string& key, request_id transaction) {
    posted_[{tenant, key}] = {transaction};
}

const charged_row* working_set::find_charge(const tenant_id& tenant, request_id id) const {
    const std::pair name{tenant, id};
    if (const auto* here = find_in(refunded_, name)) return here;
    return find_in(found_.charges, name);
}

void working_set::refund_charge(const tenant_id& tenant, request_id id, usd_nano amount) {
    const charged_row* before = find_charge(tenant, id);
    TG_ASSERT(before);
    const charged_row after{before->charged, before->refunded + amount};
    TG_ASSERT(after.refunded <= after.charged);
    refunded_[{tenant, id}] = after;
    write_.refunds.push_back({tenant, id, after.refunded});
}

const claim_row* working_set::find_claim(const tenant_id& tenant, const std::string& key) const {
    const std::pair name{tenant, key};
    if (const auto* here = find_in(write_.claims, name)) return &here->row;
    return find_in(found_.claims, name);
}

// The holder may have begun or ended in this very batch.
claimed_by working_set::state_of(const claim_row& row, const std::string& hash) const {
    claimed_by out;
    out.holder = row.holder;
    out.same_request = row.hash == hash;
    out.running = find_open(row.holder) || (row.running && !find_ended(row.holder));
    out.answered =
        row.answered || std::ranges::find(write_.answers, row.holder, &changes::answer::id) != write_.answers.end();
    return out;
}

void working_set::take_claim(const tenant_id& tenant, const claim& what, request_id holder) {
    const std::pair name{tenant, what.key};
    const auto [at, first] = write_.claims.try_emplace(name);
    if (first) at->second.fresh = !found_.claims.contains(name);
    at->second.row = {holder, what.hash, now(), true, false};
}

void working_set::add_answer(const tenant_id& tenant, request_id id, const stored_answer& what) {
    write_.answers.push_back({tenant, id, what, now()});
}

std::optional<request_id> working_set::spender_of(const tenant_id& tenant, const std::string& token) const {
    const std::pair name{tenant, token};
    const request_id* by = find_in(spent_, name);
    if (!by) by = find_in(found_.tokens, name);
    return by ? std::optional(*by) : std::nullopt;
}

void working_set::spend_token(const tenant_id& tenant, const std::string& token, request_id by) {
    spent_[{tenant, token}] = by;
    write_.tokens.push_back({tenant, token, by, now()});
}

bool changes::empty() const {
    return counters.empty() && balances.empty() && reservations_opened.empty() && reservations_ended.empty() &&
           usage.empty() && usage_corrected.empty() && entries.empty() && refunds.empty() &&
           reservations_replaced.empty() && claims.empty() && answers.empty() && tokens.empty();
}

}
