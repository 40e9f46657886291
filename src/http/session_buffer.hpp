#pragma once

// The bytes of a connection that are not used up yet. Small; grows for a large head only, and shrinks when it is empty.
// Behind its end there is always padding to read (limits::body_padding_bytes).

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace tollgate::http {

class session_buffer {
public:
    session_buffer() { allocate(usual); }

    std::string_view bytes() const { return {memory_.get() + begin_, end_ - begin_}; }
    char* data() { return memory_.get() + begin_; }
    bool empty() const { return begin_ == end_; }
    // From the first unused byte to the end of the memory.
    std::size_t reach() const { return capacity_ - begin_; }
    std::span<char> room() { return {memory_.get() + end_, capacity_ - end_}; }

    void filled(std::size_t count) {
        TG_ASSERT(count <= capacity_ - end_);
        end_ += count;
    }
    void used(std::size_t count) {
        TG_ASSERT(count <= end_ - begin_);
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    // Views become invalid. False: it holds `bytes_max` already.
    bool make_room(std::size_t bytes_max) {
        if (end_ < capacity_) return true;
        if (begin_ == 0 && capacity_ >= bytes_max) return false;
        if (begin_ == 0) return grow(std::min(capacity_ * 2, bytes_max));
        std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        return true;
    }
    void shrink() {
        if (empty() && capacity_ > usual) allocate(usual);
    }
    // Puts back what was read too far, in front of nothing.
    void restore(std::string_view bytes) {
        TG_ASSERT(empty());
        if (bytes.size() > capacity_) allocate(bytes.size());
        std::memcpy(memory_.get(), bytes.data(), bytes.size());
        begin_ = 0;
        end_ = bytes.size();
    }

private:
    static constexpr std::size_t usual = limits::session_buffer_bytes - limits::body_padding_bytes; // a round block

    void allocate(std::size_t capacity) {
        memory_ = std::make_unique_for_overwrite<char[]>(capacity + limits::body_padding_bytes);
        std::memset(memory_.get() + capacity, 0, limits::body_padding_bytes);
        capacity_ = capacity;
        begin_ = end_ = 0;
    }
    bool grow(std::size_t capacity) {
        const std::unique_ptr<char[]> old = std::move(memory_);
        const std::size_t held = end_;
        allocate(capacity);
        std::memcpy(memory_.get(), old.get(), held);
        end_ = held;
        return true;
    }

    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}
