#include <tollgate/upstream/read_buffer.hpp>

#include <tollgate/core/limits.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace tollgate::upstream {
namespace {

std::string_view unread(read_buffer& buffer) { return {buffer.unread().data(), buffer.unread().size()}; }

void receive_head(read_buffer& buffer, std::string_view text) {
    const auto room = buffer.head_room();
    ASSERT_GE(room.size(), text.size());
    std::memcpy(room.data(), text.data(), text.size());
    buffer.received(text.size());
}

void receive_body(read_buffer& buffer, std::string_view text) {
    const auto room = buffer.body_room();
    ASSERT_GE(room.size(), text.size());
    std::memcpy(room.data(), text.data(), text.size());
    buffer.received(text.size());
}

TEST(read_buffer, keeps_the_head_while_the_body_passes_behind_it) {
    read_buffer buffer;
    receive_head(buffer, "head");
    receive_head(buffer, "body");
    const std::string_view head = buffer.keep_head(4);
    EXPECT_EQ(unread(buffer), "body");
    buffer.consume(4);
    for (int i = 0; i < 3; ++i) {
        receive_body(buffer, "more body");
        EXPECT_EQ(unread(buffer), "more body");
        buffer.consume(9);
        EXPECT_EQ(head, "head");
    }
}

TEST(read_buffer, takes_heads_up_to_the_maximum_and_leaves_room_for_the_body) {
    read_buffer buffer;
    std::size_t taken = 0;
    for (auto room = buffer.head_room(); !room.empty(); room = buffer.head_room()) {
        std::memset(room.data(), 'h', room.size());
        buffer.received(room.size());
        taken += room.size();
    }
    EXPECT_EQ(taken, limits::upstream_head_bytes_max);
    const std::string_view head = buffer.keep_head(taken);
    EXPECT_GE(buffer.body_room().size(), 1'024u);
    EXPECT_EQ(head, std::string(taken, 'h'));
    buffer.clear();
    EXPECT_EQ(buffer.head_room().size(), limits::upstream_buffer_bytes) << "the large block is given back";
}

TEST(read_buffer, an_interim_head_gives_its_place_to_the_next) {
    read_buffer buffer;
    receive_head(buffer, "interim"
                         "he");
    buffer.keep_head(7);
    buffer.release_head();
    receive_head(buffer, "ad");
    EXPECT_EQ(unread(buffer), "head");
    EXPECT_EQ(buffer.keep_head(4), "head");
}

TEST(read_buffer, grows_while_bytes_pour_and_shrinks_when_they_trickle) {
    read_buffer buffer;
    receive_head(buffer, "head");
    buffer.keep_head(4);
    const std::size_t small = buffer.body_room().size();
    buffer.received(small);
    buffer.consume(small);
    EXPECT_EQ(buffer.body_room().size(), limits::upstream_bulk_bytes);
    buffer.received(limits::upstream_bulk_bytes / 4);
    buffer.consume(limits::upstream_bulk_bytes / 4);
    EXPECT_EQ(buffer.body_room().size(), limits::upstream_bulk_bytes);
    buffer.received(limits::upstream_bulk_bytes / 4 - 1);
    buffer.consume(limits::upstream_bulk_bytes / 4 - 1);
    EXPECT_EQ(buffer.body_room().size(), small);
}

}
}
