#pragma once

// Rows of a table as this process last left them, so that a batch need not read what nobody else writes. Whether what
// is remembered is still so is for the store to find out, before it commits or before it asks.

#include <tollgate/core/limits.hpp>
#include <tollgate/ledger/apply.hpp>
#include <tollgate/store/scope_rows.hpp>

#include <algorithm>
#include <vector>

namespace tollgate::store {

inline const scope_row& to_remember(const scope_row& row) { return row; }
inline ledger::balance_row to_remember(const ledger::balance_row& row) { return {row.now, row.burned, {}}; }

// Rows is the table of a batch (ledger/row_table.hpp). A row that is known not to exist is remembered too.
template <class Key, class Row, class View>
class row_memory {
public:
    using batch = ledger::row_table<Key, Row, View>;
    using slot = ledger::slot;

    // Looks up every row of a batch, once: what follows is about its slots. Returns those that must be read.
    std::vector<slot> recall(batch& rows) {
        place(rows);
        std::vector<slot> unknown;
        for (slot i = 0; i < rows.size(); ++i) {
            const place_state& at = table_.row(places_[i]);
            if (at.is == state::unknown) unknown.push_back(i);
            if (at.is == state::present) rows.set_found(i, at.row);
        }
        return unknown;
    }
    // The same without answering, for a batch that reads all its rows.
    void place(const batch& rows) {
        if (table_.size() >= limits::ledger_memory_rows_max) clear(); // old windows are never asked for again
        places_.clear();
        for (slot i = 0; i < rows.size(); ++i) places_.push_back(table_.add(rows.key(i), rows.hash(i)));
    }
    bool placed(const batch& rows, slot i) const {
        return i < places_.size() && table_.hash(places_[i]) == rows.hash(i);
    }

    // Of the batch that was placed last: what the store has, and null for nothing.
    const Row* was(slot i) const {
        const place_state& at = table_.row(places_[i]);
        return at.is == state::present ? &at.row : nullptr;
    }
    void learn(slot i, const Row* row) { set(places_[i], row); }

    // After a commit: what was changed is so, and nothing is known of what was only read with `others` unknown.
    void learn_written(const batch& rows, bool others_unknown) {
        for (slot i = 0; i < rows.size(); ++i) {
            if (rows.changed(i))
                set(place_of(rows, i), &rows.row(i));
            else if (others_unknown)
                table_.found(place_of(rows, i)).is = state::unknown;
        }
    }
    void forget(const batch& rows) {
        for (slot i = 0; i < rows.size(); ++i) table_.found(place_of(rows, i)).is = state::unknown;
    }
    void forget(const View& key) {
        if (const auto at = table_.find(key)) table_.found(*at).is = state::unknown;
    }
    void clear() {
        table_.clear();
        places_.clear();
    }

private:
    enum class state : std::uint8_t { unknown, absent, present };
    struct place_state {
        state is = state::unknown;
        Row row;
    };

    slot place_of(const batch& rows, slot i) {
        return placed(rows, i) ? places_[i] : table_.add(rows.key(i), rows.hash(i));
    }
    void set(slot place, const Row* row) {
        place_state& at = table_.found(place);
        at.is = row ? state::present : state::absent;
        if (row) at.row = to_remember(*row);
    }

    ledger::row_table<Key, place_state, View> table_;
    std::vector<slot> places_; // of the rows of the batch
};

using scope_memory = row_memory<scope_key, scope_row, scope_view>;
using balance_memory = row_memory<tenant_id, ledger::balance_row, std::string_view>;

}
