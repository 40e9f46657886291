#pragma once

// What a head means for the connection, and whether it can mean only one thing. Pure. Any fault: answer and close,
// before anything behind the head is looked at.

#include <tollgate/http/head.hpp>

#include <expected>

namespace tollgate::http {

struct head_facts {
    enum class framing : std::uint8_t { none, length, chunked };
    framing body = framing::none;
    std::uint64_t body_bytes = 0;  // when framed by length
    bool keep_alive = true;        // as the client wants it
    bool expects_continue = false; // the client waits for 100 before it sends the body
};

std::expected<head_facts, head_fault> check_head(const request_head& head);

}
