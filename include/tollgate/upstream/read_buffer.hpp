#pragma once

// What a connection receives into: a large block while bytes are being passed on, nothing while they are waited for. So
// an answer that has come is read in one go, and a stream that is silent costs no memory here but its head.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::upstream {

// Blocks of limits::upstream_block_bytes, shared by the connections of one thread. Outlives its buffers.
class read_blocks {
public:
    std::unique_ptr<char[]> take();
    void give(std::unique_ptr<char[]> block);
    std::size_t spare() const { return spare_.size(); }

private:
    std::vector<std::unique_ptr<char[]>> spare_;
};

class read_buffer {
public:
    explicit read_buffer(read_blocks& from) : blocks_(from) {}
    read_buffer(const read_buffer&) = delete;
    read_buffer& operator=(const read_buffer&) = delete;

    std::span<char> unread() { return {block_.get() + begin_, end_ - begin_}; } // received and not yet consumed
    void consume(std::size_t bytes) { begin_ += bytes; }
    // Room behind the unread, for the next read; empty when they fill a block. What was consumed is overwritten.
    std::span<char> room();
    void received(std::size_t bytes);
    // The first `bytes` of the unread are a head: consumed, and kept apart until the next one or clear().
    std::string_view keep_head(std::size_t bytes);
    // Before a wait: gives the block back, unless some of it is unread.
    void rest();
    void clear();

private:
    read_blocks& blocks_;
    std::unique_ptr<char[]> block_;
    std::size_t begin_ = 0, end_ = 0; // the unread
    std::string head_;
};

}
