#pragma once

// Answer fields: names are literals, values are copied into one buffer.

#include <tollgate/core/fields.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tollgate::app {

class header_block {
public:
    header_block() {
        values_.reserve(512);
        entries_.reserve(24);
    }
    void add(std::string_view name, std::string_view value) {
        entries_.push_back({name, values_.size(), value.size()});
        values_.append(value);
    }
    // Valid until the next add.
    std::vector<field> fields() const {
        std::vector<field> out;
        out.reserve(entries_.size());
        for (const entry& e : entries_) out.push_back({e.name, std::string_view(values_).substr(e.at, e.size)});
        return out;
    }

private:
    struct entry {
        std::string_view name; // outlives the block: a literal, or a view of the provider's answer
        std::size_t at, size;
    };
    std::string values_;
    std::vector<entry> entries_;
};

}
