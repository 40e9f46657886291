#pragma once

#include "call.hpp"

#include <tollgate/ports/upstream.hpp>

namespace tollgate::app {

// The whole body of an answer, with room behind it for vector readers.
struct whole_body {
    std::string bytes;
    bool complete = false;
    error why;
};
task<whole_body> read_all(ports::upstream_answer& answer);

// The provider said no: nothing is owed, and its error reaches the client in OpenAI's shape.
task<> pass_error(call& c, const ports::upstream_answer& answer, const openai::error_answer& mapped);

// Step 7: a good answer to the client as it comes; settles on every way out.
task<> relay(call& c, ports::upstream_answer& answer);

task<> relay_by_its_looks(call& c, ports::upstream_answer& answer); // to a request for a stream, of another type
task<> relay_whole(call& c, ports::upstream_answer& answer);        // a JSON answer
task<> relay_stream(call& c, ports::upstream_answer& answer);       // server-sent events

// We ask the provider for usage that the client did not ask for, and hide what that causes.
bool usage_is_ours(const call& c);

// A failure after the request was forwarded: noted before the settlement that records it, answered after.
void note_failure(call& c, const refusal& why);
task<> send_failure(call& c, const refusal& why);

// What a client finds in `usage` besides the provider's own counts, as JSON members: the final cost, and what another
// model than the one asked for served.
std::string usage_members(const call& c);

// A usage object of our own, for a provider that told nothing: what was counted, and charged.
std::string own_usage(const call& c);

std::string_view content_type_of(const ports::upstream_answer& answer); // JSON where the provider names none

// Fields of a good answer: the decision's, and those of the provider that a client may see.
void add_answer_fields(const call& c, const ports::upstream_answer& answer, header_block& fields);

}
