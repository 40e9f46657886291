// What providers do differently, by name. A preset is a line in one table; a flag a line in the other.
#include "catalog_fields.hpp"

namespace tollgate::config {

namespace {

struct preset {
    std::string_view name;
    provider_quirks quirks;
    auth_scheme auth = auth_scheme::bearer;
};

constexpr preset presets[] = {
    {"openai", {}},
    {"azure", {}, auth_scheme::api_key_header},
    {"anthropic", {.input_excludes_cache = true}},
    {"mistral", {.max_tokens_only = true, .no_stream_options = true}},
    {"ollama", {.max_tokens_only = true}, auth_scheme::none},
    {"llama.cpp", {.max_tokens_only = true}},
    {"xai", {.reasoning_extra = true}},
    {"gemini", {}},
    {"deepseek", {.max_tokens_only = true}},
    {"groq", {}},
    {"together", {.max_tokens_only = true}},
    {"fireworks", {.max_tokens_only = true}},
    {"openrouter", {}},
    {"bedrock", {}},
    {"vllm", {}},
    {"mock", {}, auth_scheme::none},
};

struct flag {
    std::string_view name;
    bool provider_quirks::* member;
};

constexpr flag flags[] = {
    {"max_tokens_only", &provider_quirks::max_tokens_only},
    {"no_stream_options", &provider_quirks::no_stream_options},
    {"reasoning_extra", &provider_quirks::reasoning_extra},
    {"input_excludes_cache", &provider_quirks::input_excludes_cache},
};

void apply_one(node& value, provider_entry& into, context& at) {
    for (const flag& one : flags) {
        if (value.text != one.name) continue;
        into.made.quirks.*one.member = true;
        return;
    }
    for (const preset& one : presets) {
        if (value.text != one.name) continue;
        for (const flag& f : flags) into.made.quirks.*f.member |= one.quirks.*f.member;
        into.made.auth = one.auth;
        return;
    }
    refuse_choice(value, quirk_names(), at);
}

}

std::vector<std::string_view> quirk_names() {
    std::vector<std::string_view> names;
    for (const preset& one : presets) names.push_back(one.name);
    for (const flag& one : flags) names.push_back(one.name);
    return names;
}

void read_quirks(node& value, provider_entry& into, context& at) {
    if (value.what != node::kind::list) return apply_one(value, into, at);
    for (node& item : value.items) apply_one(item, into, at);
}

}
