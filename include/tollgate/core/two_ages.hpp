#pragma once

// A bounded map that forgets what was not asked for lately: a young and an old half. A full young half becomes the old
// one, and the old one is forgotten; what is found in the old half moves to the young one. No list, no time stamps.

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace tollgate {

template <class Key, class Value, class Hash>
class two_ages {
public:
    explicit two_ages(std::size_t most) : half_(std::max<std::size_t>(most / 2, 1)) {}

    // Null when it is not there. Valid until the next call.
    Value* find(const Key& key) {
        if (const auto at = young_.find(key); at != young_.end()) return &at->second;
        auto node = old_.extract(key);
        if (node.empty()) return nullptr;
        make_room();
        return &young_.insert(std::move(node)).position->second;
    }

    Value& put(const Key& key, Value value) {
        old_.erase(key);
        if (young_.find(key) == young_.end()) make_room();
        return young_.insert_or_assign(key, std::move(value)).first->second;
    }

    void erase(const Key& key) {
        if (young_.erase(key) == 0) old_.erase(key);
    }

    std::size_t size() const { return young_.size() + old_.size(); }

private:
    void make_room() {
        if (young_.size() < half_) return;
        old_.swap(young_);
        young_.clear();
    }

    std::size_t half_;
    std::unordered_map<Key, Value, Hash> young_, old_;
};

}
