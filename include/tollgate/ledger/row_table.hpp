#pragma once

// The rows of a batch, numbered as they are first named: a key is hashed and compared when it is named, and from then
// on its row goes by that number, its slot. One table goes through a batch: the operations name its rows, the store
// says which exist and how they stand, applying changes some of them, and the store writes those.

#include <tollgate/core/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::ledger {

using slot = std::uint32_t;

std::uint64_t hash_of(std::string_view text);
std::uint64_t hash_of(request_id id);

// View is how a key is asked for, without being copied; hash_of(View) and key_order(table) go with it.
template <class Key, class Row, class View = Key>
class row_table {
public:
    // Its slot, a new one when it was not named before.
    slot add(const View& key) { return add(key, hash_of(key)); }
    slot add(const View& key, std::uint64_t hash) {
        if (2 * (cells_.size() + 1) > buckets_.size()) grow();
        std::size_t at = bucket_of(key, hash);
        if (buckets_[at] != 0) return buckets_[at] - 1;
        cells_.push_back({Key(key), hash, Row{}, false, false});
        buckets_[at] = static_cast<slot>(cells_.size());
        return buckets_[at] - 1;
    }
    std::optional<slot> find(const View& key) const { return find(key, hash_of(key)); }
    std::optional<slot> find(const View& key, std::uint64_t hash) const {
        if (buckets_.empty()) return std::nullopt;
        const std::size_t at = bucket_of(key, hash);
        return buckets_[at] == 0 ? std::nullopt : std::optional<slot>(buckets_[at] - 1);
    }
    bool contains(const View& key) const { return find(key).has_value(); }
    void reserve(std::size_t rows) {
        cells_.reserve(rows);
        while (buckets_.size() < 2 * rows) grow();
    }
    void clear() { *this = {}; }

    std::size_t size() const { return cells_.size(); }
    bool empty() const { return cells_.empty(); }
    const Key& key(slot at) const { return cells_[at].key; }
    std::uint64_t hash(slot at) const { return cells_[at].hash; }

    // As the store has it, or as it was changed since; a new one when there is none.
    const Row& row(slot at) const { return cells_[at].row; }
    bool exists(slot at) const { return cells_[at].exists; } // in the store
    bool changed(slot at) const { return cells_[at].changed; }
    std::size_t changes() const { return changes_; }

    void set_found(slot at, Row row) {
        cells_[at].row = std::move(row);
        cells_[at].exists = true;
    }
    Row& change(slot at) {
        changes_ += cells_[at].changed ? 0 : 1;
        cells_[at].changed = true;
        return cells_[at].row;
    }
    // Of one that exists, without it counting as changed.
    Row& found(slot at) { return cells_[at].row; }

    // As one that exists, for rows that come one by one.
    Row& operator[](const View& key) {
        const slot at = add(key);
        cells_[at].exists = true;
        return cells_[at].row;
    }
    // Null: neither in the store nor made since.
    const Row* find_row(const View& key) const {
        const auto at = find(key);
        return at && (exists(*at) || changed(*at)) ? &row(*at) : nullptr;
    }

    // Calls on_row(key, row) for what changed, in the order of slots.
    template <class OnRow>
    void each_changed(OnRow on_row) const {
        for (const cell& each : cells_)
            if (each.changed) on_row(each.key, each.row);
    }
    // The same for every row that there is, in the store or made since.
    template <class OnRow>
    void each(OnRow on_row) const {
        for (const cell& each : cells_)
            if (each.exists || each.changed) on_row(each.key, each.row);
    }

    // All slots by ascending key: the order of locks.
    std::vector<slot> in_order() const { return key_order(*this); }

private:
    struct cell {
        Key key;
        std::uint64_t hash = 0;
        Row row;
        bool exists = false, changed = false;
    };

    std::size_t bucket_of(const View& key, std::uint64_t hash) const {
        const std::size_t mask = buckets_.size() - 1;
        std::size_t at = hash & mask;
        for (; buckets_[at] != 0; at = (at + 1) & mask) {
            const cell& other = cells_[buckets_[at] - 1];
            if (other.hash == hash && View(other.key) == key) break;
        }
        return at;
    }

    void grow() {
        buckets_.assign(buckets_.empty() ? 16 : 2 * buckets_.size(), 0);
        const std::size_t mask = buckets_.size() - 1;
        for (slot i = 0; i < cells_.size(); ++i) {
            std::size_t at = cells_[i].hash & mask;
            while (buckets_[at] != 0) at = (at + 1) & mask;
            buckets_[at] = i + 1;
        }
    }

    std::vector<cell> cells_;
    std::vector<slot> buckets_; // slot + 1, or 0; at most half of them in use
    std::size_t changes_ = 0;
};

}
