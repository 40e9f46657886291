#include <tollgate/openai/tokenizer.hpp>

#include "token_ranks.hpp"
#include "word_splitter.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <array>
#include <queue>
#include <vector>

namespace tollgate::openai {

namespace {

constexpr std::size_t short_piece_bytes_max = 128; // below, looking at every pair again is faster than a heap
constexpr std::uint32_t none = token_ranks::none;

// Merges the pair of the lowest rank until no pair is a token, looking at all pairs each time.
std::int64_t merge_short(const token_ranks& ranks, std::string_view piece) {
    struct part {
        std::uint32_t begin;
        std::uint32_t rank; // of this part and the next one together
    };
    std::array<part, short_piece_bytes_max + 1> parts;
    std::size_t count = piece.size();
    for (std::size_t i = 0; i < count; ++i)
        parts[i] = {static_cast<std::uint32_t>(i), i + 1 < count ? ranks.find(piece.substr(i, 2)) : none};
    parts[count] = {static_cast<std::uint32_t>(count), none};

    const auto rank_at = [&](std::size_t i) {
        if (i + 2 > count) return none;
        return ranks.find(piece.substr(parts[i].begin, parts[i + 2].begin - parts[i].begin));
    };
    for (;;) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < count; ++i)
            if (parts[i].rank < parts[best].rank) best = i;
        if (parts[best].rank == none) return static_cast<std::int64_t>(count);
        std::copy(parts.begin() + static_cast<std::ptrdiff_t>(best) + 2,
                  parts.begin() + static_cast<std::ptrdiff_t>(count) + 1,
                  parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
        --count;
        parts[best].rank = rank_at(best);
        if (best > 0) parts[best - 1].rank = rank_at(best - 1);
    }
}

// The same through a heap and a linked list: n log n however long the piece is.
class long_merge {
public:
    long_merge(const token_ranks& ranks, std::string_view piece) : ranks_(ranks), piece_(piece), parts_(piece.size()) {
        const auto size = static_cast<std::uint32_t>(piece.size());
        for (std::uint32_t i = 0; i < size; ++i) parts_[i] = {i == 0 ? none : i - 1, i + 1, i + 1, none};
        for (std::uint32_t i = 0; i < size; ++i) offer(i);
    }

    std::int64_t run() {
        auto count = static_cast<std::int64_t>(parts_.size());
        while (!heap_.empty()) {
            const candidate next = heap_.top();
            heap_.pop();
            if (parts_[next.at].rank != next.rank) continue; // one of the two has been merged since
            merge(next.at);
            --count;
        }
        return count;
    }

private:
    struct part {
        std::uint32_t previous, next, end; // next: size when it is the last one
        std::uint32_t rank;                // of this part and the next one together
    };
    struct candidate {
        std::uint32_t rank, at;
        // The lowest rank first, the leftmost of equals.
        bool operator<(const candidate& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
    };

    void offer(std::uint32_t at) {
        part& p = parts_[at];
        p.rank = none;
        if (p.next >= parts_.size()) return;
        p.rank = ranks_.find(piece_.substr(at, parts_[p.next].end - at));
        if (p.rank != none) heap_.push({p.rank, at});
    }

    void merge(std::uint32_t at) {
        part& p = parts_[at];
        part& gone = parts_[p.next];
        p.end = gone.end;
        p.next = gone.next;
        gone.rank = none;
        if (p.next < parts_.size()) parts_[p.next].previous = at;
        offer(at);
        if (p.previous != none) offer(p.previous);
    }

    const token_ranks& ranks_;
    std::string_view piece_;
    std::vector<part> parts_;
    std::priority_queue<candidate> heap_;
};

std::int64_t count_piece(const token_ranks& ranks, std::string_view piece) {
    if (piece.size() == 1 || ranks.find(piece) != none) return 1;
    if (piece.size() <= short_piece_bytes_max) return merge_short(ranks, piece);
    return long_merge(ranks, piece).run();
}

}

std::int64_t count_tokens(std::string_view utf8) {
    if (utf8.size() > limits::tokenizer_bytes_max) return static_cast<std::int64_t>(utf8.size());
    const token_ranks& ranks = token_ranks::o200k();
    std::int64_t total = 0;
    for (std::size_t at = 0; at < utf8.size();) {
        const std::size_t end = end_of_piece(utf8, at);
        total += count_piece(ranks, utf8.substr(at, end - at));
        at = end;
    }
    return total;
}

}
