#pragma once

// Errors that providers send under a success status.

#include <tollgate/core/catalog.hpp>
#include <tollgate/openai/request.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace tollgate::openai {

// The first bytes of an answer may be those of an error: only then are inner_error() and the rest worth the look.
bool may_be_error(std::string_view first);

// Whether the beginning of a stream holds an event with data from its first to its last byte.
bool has_event(std::string_view bytes);

// Whether a stream that came to its end holds no event; the last one may lack its blank line.
bool says_nothing(endpoint where, std::string_view whole, const provider_quirks& quirks);

// The error's JSON: of a body that is one, or of a stream that comes to one before any output or usage.
// `bytes`: a whole body, or the beginning of a stream; 64 readable bytes follow.
std::optional<std::string> inner_error(endpoint where, std::string_view bytes, const provider_quirks& quirks);

}
