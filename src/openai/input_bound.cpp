#include <tollgate/openai/metering.hpp>

#include <algorithm>
#include <array>

namespace tollgate::openai {

namespace {

// Above every overhead measured: what templates, tool definitions and schemas add to the text of a request.
constexpr std::int64_t base_tokens = 40;
constexpr std::int64_t hidden_prompt_tokens = 700; // xAI puts a prompt of its own before each request
constexpr std::int64_t message_tokens = 8;
constexpr std::int64_t tools_tokens = 600; // when there is any tool
constexpr std::int64_t tool_tokens = 80;   // each tool
constexpr std::int64_t schema_tokens = 80;
constexpr std::int64_t unknown_context_tokens = 2'000'000;
constexpr std::int64_t mini_image_multiplier = 34; // gpt-4o-mini counts an image as 33.3 of gpt-4o's

// Models whose vocabulary is o200k, so that an exact count is a bound. For any other, only the bytes are.
bool uses_o200k(std::string_view model) {
    constexpr std::array<std::string_view, 11> families{
        "gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-6", "gpt-oss", "chatgpt-4o", "o1", "o3", "o4", "codex-mini",
    };
    if (const std::size_t slash = model.rfind('/'); slash != std::string_view::npos) model.remove_prefix(slash + 1);
    return std::ranges::any_of(families, [&](std::string_view family) { return model.starts_with(family); });
}

std::int64_t image_multiplier(std::string_view model) {
    return model.find("4o-mini") == std::string_view::npos ? 1 : mini_image_multiplier;
}

}

std::int64_t input_bound(const request_facts& facts, const model& target, const model_route& route,
                         std::optional<std::int64_t> exact_text_tokens) {
    std::int64_t text = facts.text_bytes;
    if (exact_text_tokens && uses_o200k(route.upstream_name)) text = std::min(text, *exact_text_tokens);

    const bool hides_prompt = route.provider && route.provider->quirks.reasoning_extra;
    const std::int64_t tools = facts.tools + facts.hosted_tools;
    std::int64_t bound = (hides_prompt ? hidden_prompt_tokens : base_tokens) + facts.messages * message_tokens + text +
                         facts.token_ids + facts.image_tokens * image_multiplier(route.upstream_name) +
                         facts.audio_tokens;
    if (tools > 0) bound += tools_tokens + tools * tool_tokens;
    if (facts.wants_json_schema) bound += schema_tokens;

    // What is not in the body, or not as text, is bounded by what the model can read at all. So is a round of a hosted
    // tool, which brings text of its own; how many rounds there are is the caller's to know.
    const std::int64_t context = target.context_tokens > 0 ? target.context_tokens : unknown_context_tokens;
    if (facts.hidden_input || facts.files > 0 || facts.hosted_tools > 0) bound = std::max(bound, context);
    return bound;
}

}
