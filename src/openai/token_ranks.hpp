#pragma once

// The o200k_base vocabulary: bytes to rank. Embedded; indexed on first use, and immutable from then on.

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

namespace tollgate::openai {

class token_ranks {
public:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

    static const token_ranks& o200k();
    // The rank of a token, or `none`.
    std::uint32_t find(std::string_view token) const;

private:
    explicit token_ranks(std::string_view packed);
    void insert(std::string_view token, std::uint32_t rank);

    struct slot {
        std::uint32_t tag = 0; // of the hash
        std::uint32_t rank = none;
    };
    struct place {
        std::uint32_t begin;
        std::uint8_t size;
    };
    std::string_view at(std::uint32_t rank) const { return packed_.substr(places_[rank].begin, places_[rank].size); }

    std::string_view packed_;
    std::size_t token_bytes_max_ = 0;
    std::vector<place> places_;        // by rank
    std::vector<slot> slots_;          // open addressing
    std::vector<std::uint32_t> pairs_; // ranks of two bytes: what every merge starts with
};

}
