#include "hosted_tools.hpp"

#include <algorithm>
#include <array>

namespace tollgate::openai {

namespace {

// Run by the client: they cost the tokens of their definitions and no more.
constexpr std::array<std::string_view, 8> client_tools{
    "function", "custom", "computer", "computer_use_preview", "apply_patch", "local_shell", "namespace", "tool_search",
};

constexpr std::array<std::string_view, 4> billed_calls{
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
};

}

bool is_hosted_tool(std::string_view type) { return std::ranges::find(client_tools, type) == client_tools.end(); }

bool is_billed_tool_call(std::string_view type) { return std::ranges::find(billed_calls, type) != billed_calls.end(); }

}
