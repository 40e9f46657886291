#pragma once

// The request log: one JSON line a request. Never waits; drops (and counts) when its buffer is full.

#include <string_view>

namespace tollgate::ports {

class request_log {
public:
    virtual ~request_log() = default;
    virtual void write(std::string_view json_line) = 0; // without the newline
};

}
