#pragma once

// What a provider does with one request, decided beforehand, and what it has thereby told the gateway at any moment.

#include "random.hpp"

#include <tollgate/core/money.hpp>
#include <tollgate/ledger/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::simulation {

enum class behaviour : std::uint8_t {
    connect_fails,     // not a byte was sent
    reset_before_head, // sent, and nobody knows
    no_first_byte,     // the same, by a deadline
    error_status,      // 429, 500, 503
    error_body,        // 200, and an error inside
    answer,            // one JSON body
    stream,
};

enum class usage_said : std::uint8_t { exact, above_hold, zero, absent, malformed, doubled, running };

enum class last_words : std::uint8_t {
    clean,
    cut,           // between events, or anywhere in a body
    cut_inside,    // in the middle of an event
    no_terminator, // the connection ends cleanly, the answer does not
    error_event,
    stalls, // until a deadline
};

struct script {
    behaviour how = behaviour::answer;
    usage_said usage = usage_said::exact;
    last_words end = last_words::clean;
    int status = 200;
    std::int64_t words = 1; // of output, a token each
    std::size_t cut_after = 0;
    std::int64_t head_us = 0, gap_us = 0, stall_us = 0;
    std::int64_t part_bytes_max = 1;
};
script random_script(random_source& random, bool stream, std::int64_t cap);

struct tokens {
    std::int64_t input = 0, output = 0;
};

// Everything a gateway can know of an answer that has come this far.
struct view {
    bool sent = false;     // a byte of the request
    bool head = false;     // of a success
    bool refused = false;  // the provider said no
    bool complete = false; // the clean end of an answer that did not fail
    bool unknown = false;  // a JSON body before its usage: nobody knows what it costs
    bool blurred = false;  // cut inside a usage object: only bounds can be told
    bool malformed = false;
    bool usage_final = false; // where nothing can change it any more
    std::optional<tokens> said;
    std::int64_t words = 0;
};

struct stage {
    std::size_t end = 0; // of bytes
    view known;
};

struct rendered {
    std::string bytes; // all that is ever sent
    std::vector<stage> stages;
    view at(std::size_t bytes_sent) const; // with `sent` and `head`
};
rendered render(const script& of);

// ---- what that costs ----

struct rates { // nano-USD a token, in the customer's money; whole numbers, so that nothing is rounded
    std::int64_t input = 0, output = 0;
};
struct bounds {
    usd_nano low, high;
    bool holds(usd_nano amount) const { return low <= amount && amount <= high; }
};
bounds charge_for(const view& known, const ledger::reservation& hold, const rates& per_token);
// Nobody will ever know: as the policy says.
usd_nano charge_unknown(const ledger::reservation& hold);

}
