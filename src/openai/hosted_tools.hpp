#pragma once

// Tools that the provider itself runs: they loop inside one request and cost a fee a call.

#include <string_view>

namespace tollgate::openai {

// By the `type` of a tool definition. A type that is not known is taken for a hosted one.
bool is_hosted_tool(std::string_view type);
// By the `type` of an output item: one that a provider bills as a call.
bool is_billed_tool_call(std::string_view type);

}
