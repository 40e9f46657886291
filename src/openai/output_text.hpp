#pragma once

// The text that a model produced, found in JSON without parsing it: every string but those under keys that carry form
// (ids, roles, reasons). Used to count output where no usage comes.

#include <string>
#include <string_view>

namespace tollgate::openai {

// Appends the decoded text found in `json`.
void append_output_text(std::string& out, std::string_view json);

// The string at the start of `json` (at its opening quote), without its quotes; empty when it does not end.
std::string_view string_at(std::string_view json);

}
