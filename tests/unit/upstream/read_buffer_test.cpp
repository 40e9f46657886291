#include <tollgate/upstream/read_buffer.hpp>

#include <tollgate/core/limits.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::upstream {
namespace {

constexpr std::size_t block_bytes = limits::upstream_block_bytes;

class read_buffers : public ::testing::Test {
protected:
    read_blocks blocks;
    read_buffer buffer{blocks};

    std::string_view unread() { return {buffer.unread().data(), buffer.unread().size()}; }
    void receive(std::string_view text) {
        const auto room = buffer.room();
        ASSERT_GE(room.size(), text.size());
        std::memcpy(room.data(), text.data(), text.size());
        buffer.received(text.size());
    }
};

TEST_F(read_buffers, a_head_stays_while_the_body_passes) {
    receive("he");
    receive("adbody");
    const std::string_view head = buffer.keep_head(4);
    EXPECT_EQ(unread(), "body");
    buffer.consume(4);
    for (int i = 0; i < 3; ++i) {
        buffer.rest();
        receive("more body");
        EXPECT_EQ(unread(), "more body");
        buffer.consume(9);
        EXPECT_EQ(head, "head");
    }
}

TEST_F(read_buffers, a_later_head_takes_the_place_of_an_interim_one) {
    receive("interim"
            "he");
    EXPECT_EQ(buffer.keep_head(7), "interim");
    receive("ad");
    EXPECT_EQ(unread(), "head");
    EXPECT_EQ(buffer.keep_head(4), "head");
}

TEST_F(read_buffers, a_full_block_has_room_again_where_something_was_consumed) {
    receive(std::string(7, 'i') + std::string(block_bytes - 7, 'h'));
    EXPECT_EQ(buffer.keep_head(7), "iiiiiii");
    EXPECT_EQ(buffer.room().size(), 7u);
    EXPECT_EQ(unread(), std::string(block_bytes - 7, 'h'));
}

TEST_F(read_buffers, there_is_no_room_when_a_whole_block_is_unread) {
    receive(std::string(block_bytes - 1, 'h'));
    EXPECT_EQ(buffer.room().size(), 1u);
    receive("h");
    EXPECT_TRUE(buffer.room().empty());
    EXPECT_EQ(buffer.keep_head(block_bytes), std::string(block_bytes, 'h'));
    EXPECT_EQ(buffer.room().size(), block_bytes) << "nothing is unread any more";
}

TEST_F(read_buffers, rest_gives_the_block_to_whoever_reads_next) {
    receive("body");
    const char* const block = buffer.unread().data();
    buffer.rest();
    EXPECT_EQ(unread(), "body") << "what is unread stays";
    buffer.consume(4);
    buffer.rest();
    buffer.rest();
    read_buffer other(blocks);
    EXPECT_EQ(other.room().data(), block);
    EXPECT_NE(buffer.room().data(), block);
}

TEST_F(read_buffers, clear_forgets_what_was_unread) {
    receive("head and more");
    buffer.keep_head(4);
    buffer.clear();
    EXPECT_EQ(unread(), "");
    receive("next");
    EXPECT_EQ(buffer.keep_head(4), "next");
}

TEST_F(read_buffers, spare_blocks_are_kept_up_to_a_maximum) {
    std::vector<std::unique_ptr<char[]>> taken;
    for (std::size_t i = 0; i < limits::upstream_blocks_spare_max + 3; ++i) taken.push_back(blocks.take());
    EXPECT_EQ(blocks.spare(), 0u);
    for (auto& one : taken) blocks.give(std::move(one));
    EXPECT_EQ(blocks.spare(), limits::upstream_blocks_spare_max);
}

}
}
