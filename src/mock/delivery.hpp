#pragma once

// Sends an answer the way it was steered: in pieces, late, compressed, cut.

#include <tollgate/mock/steering.hpp>
#include <tollgate/ports/exchange.hpp>

#include <string>
#include <vector>

namespace tollgate::mock {

// Waits unless the client goes first; false: it has gone.
task<bool> pause(ports::exchange& with, std::int64_t ms);

struct document {
    int status = 200;
    std::string content_type = "application/json";
    std::vector<std::string> pieces;
    bool stream = false;
    std::string error_piece; // what "stream-error-after" sends
};

task<bool> deliver(ports::exchange& with, const document& what, const steering& how);

}
