#pragma once

#include "call.hpp"
#include "relay.hpp"

#include <tollgate/ports/upstream.hpp>

#include <memory>
#include <string_view>

namespace tollgate::app {

// What came of one attempt before a byte of its answer reached the client.
struct attempt {
    std::unique_ptr<ports::upstream_answer> answer; // null: there is none, and error.code says why
    bool sent = false;                              // a byte may have reached the provider
    openai::error_answer error;                     // unless good()
    whole_body error_body;                          // of an answer that is not good
    std::string_view reason;                        // why another provider may be asked; empty: none may
    bool refused = false;                           // it calls itself a success and is an error
    bool silent = false;                            // it calls itself a success and ended before it said anything

    bool good() const { return answer && !refused && !silent && answer->status() >= 200 && answer->status() < 300; }
};

// Sends the request to the provider of c.offer and waits for the head of its answer, at most until `until_us`; the
// whole body of an answer that is an error. Noted in c.tries and on the board.
task<attempt> try_provider(call& c, stop_signal& stop, std::int64_t until_us);

}
