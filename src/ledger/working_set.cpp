#include "working_set.hpp"

#include "naming.hpp"

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

working_set::working_set(op_list ops, snapshot& found) : found_(found), windows_(found.now) {
    write_.counters = std::exchange(found.counters, {});
    write_.balances = std::exchange(found.balances, {});
    all_named_ = std::exchange(found.named, {});
    if (all_named_.size() != names_in(ops)) name_counters(ops, windows_, write_.counters, all_named_);
    requests_.reserve(ops.size());
    for (const reservation* hold : found.assumed) request(hold->id).open = hold;
}

working_set::request_state& working_set::request(request_id id) {
    const std::size_t known = requests_.size();
    request_state& state = requests_.found(requests_.add(id));
    if (requests_.size() == known) return state;
    state.open = find_in(found_.reservations, id);
    if (const ended_row* ended = find_in(found_.endings, id)) state.ended = *ended;
    return state;
}

void working_set::begin(const op& next) {
    named_ = std::span(all_named_).subspan(next_named_, names_in(next));
    next_named_ += named_.size();
}

std::span<const slot> working_set::counters_of(const reservation& hold) {
    scratch_.clear();
    for (const touched& row : hold.counters)
        scratch_.push_back(write_.counters.add({hold.tenant, row.scope, row.span, row.start_s}));
    return scratch_;
}

const reservation* working_set::find_open(request_id id) const {
    const auto at = requests_.find(id);
    return at ? requests_.row(*at).open : find_in(found_.reservations, id);
}

const ended_row* working_set::find_ended(request_id id) const {
    const auto at = requests_.find(id);
    if (!at) return find_in(found_.endings, id);
    const auto& ended = requests_.row(*at).ended;
    return ended ? &*ended : nullptr;
}

void working_set::open(const reservation& hold, const std::string& record) {
    request_state& state = request(hold.id);
    TG_ASSERT(!state.open);
    state.open = &hold;
    state.opened = write_.reservations_opened.size();
    write_.reservations_opened.push_back({&hold, &record});
}

void working_set::replace(const reservation& hold, const std::string& record) {
    request_state& state = request(hold.id);
    TG_ASSERT(state.open);
    state.open = &hold;
    if (state.opened) {
        write_.reservations_opened[*state.opened] = {&hold, &record};
    } else if (state.replaced) {
        write_.reservations_replaced[*state.replaced] = {&hold, &record};
    } else {
        state.replaced = write_.reservations_replaced.size();
        write_.reservations_replaced.push_back({&hold, &record});
    }
}

void working_set::end(const reservation& hold, const ended_row& how) {
    request_state& state = request(hold.id);
    TG_ASSERT(!state.ended);
    state.open = nullptr;
    state.ended = how;
    write_.reservations_ended.push_back(&hold);
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
    return counters.changes() == 0 && balances.changes() == 0 && reservations_opened.empty() &&
           reservations_ended.empty() && usage.empty() && usage_corrected.empty() && entries.empty() &&
           refunds.empty() && reservations_replaced.empty() && claims.empty() && answers.empty() && tokens.empty();
}

}
