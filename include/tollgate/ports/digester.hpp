#pragma once

// The fingerprint of a request: equal exactly for the same bytes sent to the same endpoint.

#include <string>
#include <string_view>

namespace tollgate::ports {

// One per I/O thread: not for two threads at once.
class digester {
public:
    virtual ~digester() = default;
    // SHA-256 in 64 hexadecimal digits. `endpoint`: the path, "/v1/chat/completions". About 1 us, and 0.5 to 2 us a KB.
    virtual std::string request_digest(std::string_view endpoint, std::string_view body) = 0;
};

}
