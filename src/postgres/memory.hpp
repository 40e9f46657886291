#pragma once

// Counters and balances as this process last left them, so that a batch need not read what nobody else writes. What is
// remembered may be wrong at any time: a guarded commit finds out (see ledger_guarded.cpp).

#include <tollgate/ledger/apply.hpp>

#include <functional>
#include <optional>
#include <unordered_map>

namespace tollgate::postgres {

struct counter_key_hash {
    std::size_t operator()(const tollgate::ledger::counter_key& key) const {
        const std::hash<std::string_view> text;
        const std::size_t window = static_cast<std::size_t>(key.start_s) * 8 + static_cast<std::size_t>(key.span);
        return text(key.tenant) ^ (text(key.scope) * 31) ^ (window * 0x9e37'79b9'7f4a'7c15U);
    }
};

class memory {
public:
    // A row that is known not to exist is remembered too.
    template <class Row>
    struct remembered {
        bool exists = false;
        Row row;
    };
    using counter = remembered<tollgate::ledger::counter>;
    using balance = remembered<tollgate::ledger::balance_row>;

    // Null: not remembered. Addresses last until the row is forgotten.
    counter* find(const tollgate::ledger::counter_key& key);
    balance* find(const tenant_id& tenant);
    // As one that does not exist, until somebody knows better.
    counter* add(const tollgate::ledger::counter_key& key) { return &counters_[key]; }
    balance* add(const tenant_id& tenant) { return &balances_[tenant]; }

    void learn(const tollgate::ledger::changes& written);
    void forget(const tollgate::ledger::wanted& rows);
    void make_room(); // between batches
    void clear();

private:
    std::unordered_map<tollgate::ledger::counter_key, counter, counter_key_hash> counters_;
    std::unordered_map<tenant_id, balance> balances_;
};

}
