#pragma once

// From facts to the upper bound that is held, and from answers to the usage that is charged.

#include <tollgate/core/catalog.hpp>
#include <tollgate/core/usage.hpp>
#include <tollgate/openai/request.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::openai {

// Upper bound on input tokens: bytes of text, or `exact_text_tokens` when given, plus overheads for messages, tools,
// images, audio and files. Never less than what the provider can bill for what it was sent, in one round: hosted tools
// read everything again after each of their calls, so the caller multiplies by the calls it allows plus one.
std::int64_t input_bound(const request_facts& facts, const model& target, const model_route& route,
                         std::optional<std::int64_t> exact_text_tokens = {});

// What an answer or event said of usage.
struct usage_report {
    bool present = false;   // a usage object was seen (explicit zeros are present)
    bool malformed = false; // negative or fractional counts: settle at the hold, flagged
    bool prompt_missing = false, completion_missing = false; // present, but says nothing of this half
    usage used;
    std::string model; // as the provider names it; empty when it did not say
    std::optional<service_tier> tier;
};

// Reads a whole JSON answer (followed by 64 readable bytes). Never fails: what cannot be read is not present.
struct answer_report {
    usage_report usage;
    bool json = false;  // it was a JSON object
    bool error = false; // with an `error` member that is not null, whatever the status
    std::int64_t output_text_bytes = 0, output_tokens_counted = 0; // filled when usage does not say it
    std::uint32_t usage_close =
        0; // offset of the '}' that closes the top-level usage object (0: none), for usage.cost_usd
    bool usage_empty = false;
    bool usage_absent = false;    // no member of that name
    std::uint32_t usage_null = 0; // offset of the null that stands in its place (0: none)
};
answer_report read_answer(endpoint where, std::string_view body, const provider_quirks& quirks);

// Follows a stream as it is relayed: events across any split, usage, terminator, hidden chunks. Sans I/O.
class stream_meter {
public:
    struct options {
        endpoint where = endpoint::chat_completions;
        bool hide_usage =
            false; // the gateway asked for usage, the client did not: drop the usage chunk, strip `"usage":null`
        provider_quirks quirks;
    };
    explicit stream_meter(options how);
    ~stream_meter();
    stream_meter(stream_meter&&) noexcept;

    // Takes bytes as they come; returns what may go to the client now (a view into this object or into `bytes`, valid
    // until the next call). Whole events leave at once; an event over limits::sse_event_bytes_max leaves unread.
    // The terminator ("data: [DONE]", response.completed and its kin) and anything behind it is held back: see tail().
    std::string_view feed(std::string_view bytes);
    void drop_output(); // what feed() returned is not looked at any more: gives its memory back

    bool ended() const;  // the terminator was seen
    bool failed() const; // an error event was seen (it was relayed)
    // At the end of the input, before settlement: takes the last event that lacks its blank line, and returns it
    // completed (one that was cut inside is dropped). Afterwards ended(), report() and the counts are final.
    std::string_view finish();
    // After settlement: what was held back, the usage event and the terminator. Where usage was asked
    // for, the usage event gains `usage_members` (`"cost_usd":"0.01"`). `more`: an event to go before the terminator.
    // Does finish() first where that was not called.
    std::string_view tail(std::string_view usage_members, std::string_view more = {});

    const usage_report& report() const;
    bool usage_final() const; // seen in the place where it is complete (not a running total before the end)
    std::int64_t events() const;
    std::int64_t output_tokens_counted() const; // of delivered deltas, o200k

private:
    struct state;
    state* state_; // owned
};

// The settlement rule for every route and every way out; see the table in metering.cpp.
struct settlement_input {
    usage_bound bound; // what was held
    usage_report report;
    bool complete = false; // the answer ended cleanly and usage (if present) is final
    bool answered = false; // the provider sent at least the head of a success
    std::int64_t counted_output = 0;
    std::int64_t input_estimate = 0;
};
struct settlement {
    usage used;
    cost_source source = cost_source::provider_usage;
    bool at_hold = false; // charge the hold itself
    bool flagged = false; // malformed, or usage missing where it was asked for
};
settlement settle_usage(const settlement_input& in);

}
