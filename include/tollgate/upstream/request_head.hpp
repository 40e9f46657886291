#pragma once

// The head of a request to a provider, as text. Pure.

#include <tollgate/ports/upstream.hpp>

#include <cstdint>
#include <string>

namespace tollgate::upstream {

// Replaces the contents of `out`, whose memory is meant to be used again. The credential goes into `out` and nowhere
// else. A field or path with a line break or NUL never leaves: a field is left out, a path makes it return false.
bool write_request_head(std::string& out, const ports::upstream_request& request, std::uint64_t body_bytes);

}
