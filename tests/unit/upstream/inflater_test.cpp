#include <tollgate/upstream/inflater.hpp>

#include "compress.hpp"

#include <tollgate/core/limits.hpp>

#include <gtest/gtest.h>

namespace tollgate::upstream {
namespace {

struct outcome {
    std::string text;
    bool ended = false;
    bool failed = false;
    std::size_t largest = 0;
};

outcome inflate_pieces(std::string_view wire, std::size_t piece) {
    inflater subject;
    outcome all;
    for (std::size_t at = 0; at < wire.size(); at += piece) {
        std::string_view in = wire.substr(at, piece);
        for (;;) {
            const auto out = subject.next(in);
            if (!out) {
                all.failed = true;
                return all;
            }
            if (out->empty()) break;
            all.largest = std::max(all.largest, out->size());
            all.text += *out;
        }
        EXPECT_TRUE(in.empty());
    }
    all.ended = subject.at_end();
    return all;
}

TEST(inflater, gives_back_what_was_compressed_however_it_is_split) {
    std::string text;
    for (int i = 0; i < 400; ++i) text += "data: {\"n\":" + std::to_string(i * i) + "}\n\n";
    for (const packing how : {packing::gzip, packing::zlib}) {
        const std::string wire = packed(text, how);
        for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, wire.size()}) {
            const outcome got = inflate_pieces(wire, piece);
            EXPECT_EQ(got.text, text) << piece;
            EXPECT_TRUE(got.ended);
        }
    }
}

TEST(inflater, several_gzip_members_are_one_body) {
    const std::string wire = packed("one ", packing::gzip) + packed("two", packing::gzip);
    for (const std::size_t piece : {std::size_t{1}, wire.size()})
        EXPECT_EQ(inflate_pieces(wire, piece).text, "one two");
}

TEST(inflater, a_small_body_that_grows_without_bound_comes_in_bounded_pieces) {
    const std::string wire = packed(std::string(5'000'000, 'x'), packing::gzip);
    ASSERT_LT(wire.size(), 10'000u);
    const outcome got = inflate_pieces(wire, wire.size());
    EXPECT_EQ(got.text.size(), 5'000'000u);
    EXPECT_EQ(got.largest, limits::inflated_bytes_per_read);
}

TEST(inflater, knows_a_cut_body_from_a_complete_one_and_a_damaged_one_from_both) {
    const std::string wire = packed("hello hello hello", packing::gzip);
    for (std::size_t size = 1; size < wire.size(); ++size)
        EXPECT_FALSE(inflate_pieces(wire.substr(0, size), size).ended) << size;
    EXPECT_TRUE(inflate_pieces(wire, 3).ended);
    EXPECT_TRUE(inflate_pieces("plain text, not compressed", 5).failed);
    std::string damaged = wire;
    damaged[wire.size() - 6] = static_cast<char>(damaged[wire.size() - 6] ^ 1); // inside the checksum
    EXPECT_TRUE(inflate_pieces(damaged, damaged.size()).failed);
    EXPECT_TRUE(inflate_pieces(wire + "surplus", wire.size() + 7).failed);
}

TEST(inflater, an_empty_body_is_a_clean_end) { EXPECT_TRUE(inflater().at_end()); }

}
}
