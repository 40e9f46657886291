#include "sim_store.hpp"

namespace tollgate::simulation {

std::string_view name_of(planted bug) {
    switch (bug) {
    case planted::nothing: return "nothing";
    case planted::early_dispatch: return "early_dispatch";
    case planted::dropped_commit: return "dropped_commit";
    case planted::stale_counters: return "stale_counters";
    case planted::forgotten_endings: return "forgotten_endings";
    case planted::trace_of_refusal: return "trace_of_refusal";
    case planted::wrong_row: return "wrong_row";
    case planted::lying_disk: return "lying_disk";
    case planted::lost_row: return "lost_row";
    case planted::ignored_limits: return "ignored_limits";
    case planted::second_hold: return "second_hold";
    case planted::undercharge: return "undercharge";
    case planted::blind_sweeper: return "blind_sweeper";
    }
    return "nothing";
}

store_result<ledger::snapshot> sim_store::begin(const std::function<ledger::wanted(instant now)>& rows) {
    if (auto fault = director_.at(store_moment::before_begin, life_)) return std::unexpected(*fault);
    auto found = inner_->begin(rows);
    if (!found) return found;
    if (director_.misbehaves(planted::stale_counters))
        for (ledger::slot i = 0; i < found->counters.size(); ++i)
            found->counters.found(i).held = found->counters.found(i).spent = usd_nano();
    if (director_.misbehaves(planted::forgotten_endings)) found->endings.clear();
    return found;
}

ledger::changes sim_store::damaged(const ledger::changes& write) {
    ledger::changes out = write;
    const ledger::usage_row* row = out.usage.empty() ? nullptr : out.usage.front().row;
    if (row && row->decision == "refuse" && director_.misbehaves(planted::trace_of_refusal))
        out.counters.change(out.counters.add({row->tenant, "tenant", window::total, 0})).held = usd_nano(1);
    if (!out.usage.empty() && director_.misbehaves(planted::wrong_row)) out.usage.front().charged += usd_nano(1);
    if (!out.usage.empty() && director_.misbehaves(planted::lost_row)) out.usage.clear();
    return out;
}

store_result<void> sim_store::commit(const ledger::changes& write) {
    if (auto fault = director_.at(store_moment::before_commit, life_)) {
        inner_->rollback();
        return std::unexpected(*fault);
    }
    if (director_.misbehaves(planted::dropped_commit)) {
        inner_->rollback();
        return {};
    }
    if (auto done = inner_->commit(damaged(write)); !done) {
        director_.on_refused(done.error());
        return done;
    }
    director_.on_commit(write);
    if (auto fault = director_.at(store_moment::committed, life_)) return std::unexpected(*fault);
    return {};
}

store_result<std::vector<ledger::reservation>> sim_store::expired(std::size_t count) {
    if (auto fault = director_.at(store_moment::before_begin, life_)) return std::unexpected(*fault);
    if (director_.misbehaves(planted::blind_sweeper)) return std::vector<ledger::reservation>();
    return inner_->expired(count);
}

store_result<std::vector<ledger::reservation>> sim_store::held_by(const std::string& node, std::size_t count) {
    if (auto fault = director_.at(store_moment::before_begin, life_)) return std::unexpected(*fault);
    if (director_.misbehaves(planted::blind_sweeper)) return std::vector<ledger::reservation>();
    return inner_->held_by(node, count);
}

store_result<std::vector<tenant_id>> sim_store::tenants_with_expired_grants(std::size_t count) {
    if (auto fault = director_.at(store_moment::before_begin, life_)) return std::unexpected(*fault);
    return inner_->tenants_with_expired_grants(count);
}

store_result<std::size_t> sim_store::prune_counters(std::size_t count) {
    if (auto fault = director_.at(store_moment::before_begin, life_)) return std::unexpected(*fault);
    return inner_->prune_counters(count);
}

store_result<std::size_t> sim_store::prune_repeats(std::size_t count) { return inner_->prune_repeats(count); }

}
