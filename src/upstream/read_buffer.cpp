#include <tollgate/upstream/read_buffer.hpp>

#include <tollgate/core/assert.hpp>
#include <tollgate/core/free_text.hpp>
#include <tollgate/core/limits.hpp>

#include <cstring>
#include <utility>

namespace tollgate::upstream {

std::unique_ptr<char[]> read_blocks::take() {
    if (spare_.empty()) return std::make_unique_for_overwrite<char[]>(limits::upstream_block_bytes);
    std::unique_ptr<char[]> last = std::move(spare_.back());
    spare_.pop_back();
    return last;
}

void read_blocks::give(std::unique_ptr<char[]> block) {
    if (spare_.size() < limits::upstream_blocks_spare_max) spare_.push_back(std::move(block));
}

std::span<char> read_buffer::room() {
    if (!block_) block_ = blocks_.take();
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (end_ == limits::upstream_block_bytes && begin_ != 0) { // a long head behind an interim one
        std::memmove(block_.get(), block_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    return {block_.get() + end_, limits::upstream_block_bytes - end_};
}

void read_buffer::received(std::size_t bytes) {
    TG_ASSERT(bytes <= limits::upstream_block_bytes - end_);
    end_ += bytes;
}

std::string_view read_buffer::keep_head(std::size_t bytes) {
    TG_ASSERT(bytes <= end_ - begin_);
    head_.assign(block_.get() + begin_, bytes);
    begin_ += bytes;
    return head_;
}

void read_buffer::rest() {
    if (begin_ != end_ || !block_) return;
    begin_ = end_ = 0;
    blocks_.give(std::move(block_));
}

void read_buffer::clear() {
    begin_ = end_;
    rest();
    if (head_.capacity() > limits::upstream_head_bytes_kept) free_text(head_);
}

}
