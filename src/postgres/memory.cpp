#include "memory.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::postgres {

using tollgate::ledger::counter_key;

namespace {

template <class Map, class Key>
auto* find_in(Map& map, const Key& key) {
    const auto at = map.find(key);
    return at == map.end() ? nullptr : &at->second;
}

}

memory::counter* memory::find(const counter_key& key) { return find_in(counters_, key); }
memory::balance* memory::find(const tenant_id& tenant) { return find_in(balances_, tenant); }

void memory::learn(const tollgate::ledger::changes& written) {
    for (const auto& [key, row] : written.counters) counters_[key] = {true, row};
    for (const auto& [tenant, row] : written.balances) {
        balance& at = balances_[tenant] = {true, row};
        at.row.grants.clear();
    }
}

void memory::forget(const tollgate::ledger::wanted& rows) {
    for (const counter_key& key : rows.counters) counters_.erase(key);
    for (const tenant_id& tenant : rows.balances) balances_.erase(tenant);
}

// Old windows are never asked for again: starting over now and then costs one read of what is in use.
void memory::make_room() {
    if (counters_.size() >= limits::ledger_memory_rows_max) counters_.clear();
    if (balances_.size() >= limits::ledger_memory_rows_max) balances_.clear();
}

void memory::clear() {
    counters_.clear();
    balances_.clear();
}

}
