#pragma once

// Where the body of an answer ends, and its bytes without what frames them. Pure.

#include <tollgate/runtime/chunked_decoder.hpp>
#include <tollgate/upstream/answer_head.hpp>

#include <cstdint>
#include <span>

namespace tollgate::upstream {

class body_framing {
public:
    body_framing(framing kind, std::uint64_t length) : kind_(kind), left_(length) {}

    // Body bytes are moved to the front of `bytes`. Consumes everything, except behind the end and at a fault.
    chunked_decoder::progress take(std::span<char> bytes);

    bool done() const;
    bool malformed() const { return kind_ == framing::chunked && chunks_.malformed(); }
    // The peer closed cleanly: true when that is the promised end.
    bool end_of_stream();

private:
    framing kind_;
    bool closed_ = false;
    std::uint64_t left_;
    chunked_decoder chunks_;
};

}
