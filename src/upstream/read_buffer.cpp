#include <tollgate/upstream/read_buffer.hpp>

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <cstring>

namespace tollgate::upstream {

namespace {

constexpr std::size_t body_bytes_min = 1'024;

}

read_buffer::read_buffer() { resize(limits::upstream_buffer_bytes); }

void read_buffer::resize(std::size_t bytes) {
    auto larger = std::make_unique_for_overwrite<char[]>(bytes);
    if (end_ != 0) std::memcpy(larger.get(), base_.get(), end_);
    base_ = std::move(larger);
    capacity_ = bytes;
}

std::span<char> read_buffer::unread() { return {active() + begin_, end_ - begin_}; }

std::span<char> read_buffer::head_room() {
    TG_ASSERT(!bulk_ && kept_ == 0);
    if (begin_ != 0) { // an interim head was consumed
        std::memmove(base_.get(), base_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == capacity_ && capacity_ < limits::upstream_head_bytes_max)
        resize(std::min(capacity_ * 2, limits::upstream_head_bytes_max));
    room_ = capacity_ - end_;
    return {base_.get() + end_, room_};
}

std::string_view read_buffer::keep_head(std::size_t bytes) {
    const std::size_t start = begin_;
    begin_ += bytes;
    kept_ = begin_;
    if (capacity_ - kept_ < body_bytes_min) resize(kept_ + body_bytes_min);
    return {base_.get() + start, bytes};
}

std::span<char> read_buffer::body_room() {
    TG_ASSERT(begin_ == end_);
    if (!bulk_ && filled_)
        bulk_ = std::make_unique_for_overwrite<char[]>(limits::upstream_bulk_bytes);
    else if (bulk_ && last_ < limits::upstream_bulk_bytes / 4)
        bulk_.reset();
    begin_ = end_ = bulk_ ? 0 : kept_;
    room_ = bulk_ ? limits::upstream_bulk_bytes : capacity_ - kept_;
    return {active() + begin_, room_};
}

void read_buffer::received(std::size_t bytes) {
    TG_ASSERT(bytes <= room_);
    end_ += bytes;
    last_ = bytes;
    filled_ = bytes == room_;
}

void read_buffer::clear() {
    bulk_.reset();
    begin_ = end_ = kept_ = room_ = last_ = 0;
    filled_ = false;
    if (capacity_ != limits::upstream_buffer_bytes) resize(limits::upstream_buffer_bytes);
}

}
