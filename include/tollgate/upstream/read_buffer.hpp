#pragma once

// What a connection receives into. The head of an answer stays at the front, so that its fields can be views, and the
// body passes behind it, one read at a time. Small while bytes trickle, larger while they pour.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace tollgate::upstream {

class read_buffer {
public:
    read_buffer();

    std::span<char> unread(); // received and not yet consumed
    void consume(std::size_t bytes) { begin_ += bytes; }
    void release_head() { kept_ = 0; } // it was an interim one

    // While reading a head: room behind what is there; empty at the maximum.
    std::span<char> head_room();
    // The first `bytes` of the unread are a head: it stays where it is until clear().
    std::string_view keep_head(std::size_t bytes);
    // While reading a body, when everything is consumed: room for the next piece; overwrites the last one.
    std::span<char> body_room();
    void received(std::size_t bytes);
    bool filled() const { return filled_; } // the last read took all the room: there may be more

    void clear();

private:
    void resize(std::size_t bytes);
    char* active() { return bulk_ ? bulk_.get() : base_.get(); }

    std::unique_ptr<char[]> base_;
    std::unique_ptr<char[]> bulk_;    // in place of the base's rear
    std::size_t capacity_ = 0;        // of the base
    std::size_t kept_ = 0;            // the head
    std::size_t begin_ = 0, end_ = 0; // the unread, in the active one
    std::size_t room_ = 0, last_ = 0; // offered to the last read, and taken by it
    bool filled_ = false;
};

}
