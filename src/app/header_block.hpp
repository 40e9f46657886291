#pragma once

// Answer fields as views. Names are literals or the provider's; values live elsewhere, or are put together in here.

#include <tollgate/core/append.hpp>
#include <tollgate/core/fields.hpp>
#include <tollgate/core/money.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace tollgate::app {

class header_block {
public:
    header_block() { fields_.reserve(32); }
    header_block(const header_block&) = delete;
    header_block& operator=(const header_block&) = delete;

    // Both outlive the block.
    void add(std::string_view name, std::string_view value) { fields_.push_back({name, value}); }
    void add(std::string_view name, std::int64_t value) {
        build(name, number_bytes_max, [&](char* at) { return put_number(at, value); });
    }
    void add(std::string_view name, usd_nano value) {
        build(name, usd_bytes_max, [&](char* at) { return put_usd(at, value); });
    }
    // The value is what `fill(char* at)` writes, `most` bytes at most; it returns where it ended.
    template <class Fill>
    void build(std::string_view name, std::size_t most, Fill fill) {
        if (most > room_) {
            room_ = std::max(most, chunk_bytes);
            at_ = chunks_.emplace_back(std::make_unique_for_overwrite<char[]>(room_)).get();
        }
        const std::string_view value(at_, static_cast<std::size_t>(fill(at_) - at_));
        at_ += value.size();
        room_ -= value.size();
        add(name, value);
    }

    std::span<const field> fields() const { return fields_; }

private:
    static constexpr std::size_t chunk_bytes = 1024;

    std::vector<field> fields_;
    std::vector<std::unique_ptr<char[]>> chunks_; // values stay where they are
    char* at_ = nullptr;                          // in the last one
    std::size_t room_ = 0;
};

}
