#include "working_set.hpp"

#include <tollgate/core/assert.hpp>

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

bool changes::empty() const {
    return counters.empty() && balances.empty() && reservations_opened.empty() && reservations_ended.empty() &&
           usage.empty() && usage_corrected.empty() && entries.empty() && refunds.empty();
}

}
