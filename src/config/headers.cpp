// Header fields that a provider entry names, and what a model can do.
#include "catalog_fields.hpp"

namespace tollgate::config {

namespace {

// Fields that the gateway itself sets, or that would hand the client's identity to the provider.
constexpr std::string_view own_fields[] = {
    "authorization",       "api-key",          "x-api-key", "cookie",  "host",    "content-length", "transfer-encoding",
    "connection",          "keep-alive",       "te",        "trailer", "upgrade", "expect",         "accept-encoding",
    "proxy-authorization", "proxy-connection",
};

struct capability {
    std::string_view name;
    bool tollgate::model::* member;
};

constexpr capability capabilities[] = {
    {"embeddings", &model::embeddings},
    {"vision", &model::vision},
    {"tools", &model::tools},
    {"json_schema", &model::json_schema},
};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

bool is_token(std::string_view text) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
    return !text.empty() && text.size() <= 128 && text.find_first_not_of(allowed) == std::string_view::npos;
}

// Why a name may not be passed on, or empty.
std::string_view fault_of(std::string_view lowered) {
    if (!is_token(lowered)) return "is not a header name";
    if (std::ranges::find(own_fields, lowered) != std::end(own_fields)) return "is set by the gateway itself";
    return {};
}

}

void read_forward_headers(node& value, provider_entry& into, context& at) {
    const auto add = [&](node& item) {
        if (item.what != node::kind::scalar)
            return at.error(item, "must be a header name, or a prefix such as x-mock-*");
        const std::string name = lower(item.text);
        std::string_view bare = name;
        if (bare.ends_with('*')) bare.remove_suffix(1);
        const bool too_wide = bare.size() < name.size() && bare.size() < 3;
        const std::string_view fault = too_wide ? "would pass on nearly everything" : fault_of(bare);
        if (!fault.empty()) return at.error(item, "`" + item.shown() + "` " + std::string(fault));
        into.made.forward_headers.push_back(name);
    };
    if (value.what == node::kind::list)
        std::ranges::for_each(value.items, add);
    else
        add(value);
}

void read_extra_headers(node& value, provider_entry& into, context& at) {
    if (!is_map(value, at)) return;
    for (node::member& entry : value.members) {
        const std::string name = lower(entry.key);
        const std::string_view fault = fault_of(name);
        if (!fault.empty()) {
            at.error_at_key(value, entry, "`" + entry.key + "` " + std::string(fault));
            continue;
        }
        const auto odd = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
        const node& text = entry.value;
        if (text.what != node::kind::scalar || text.text.size() > 4096 || std::ranges::any_of(text.text, odd))
            at.error_at_key(value, entry, "`" + entry.key + "` must be one line of text"); // it may hold a secret
        else
            into.made.extra_headers.emplace_back(name, text.text);
    }
}

std::vector<std::string_view> capability_names() {
    std::vector<std::string_view> names;
    for (const capability& one : capabilities) names.push_back(one.name);
    return names;
}

void read_capabilities(node& value, model_entry& into, context& at) {
    if (value.what != node::kind::list) return at.error(value, "must be a list, such as [vision, tools, json_schema]");
    for (const capability& one : capabilities) into.made.*one.member = false;
    for (node& item : value.items) {
        const auto known = std::ranges::find(capabilities, std::string_view(item.text), &capability::name);
        if (known == std::end(capabilities))
            refuse_choice(item, capability_names(), at);
        else
            into.made.*known->member = true;
    }
}

}
