// A policy from its tree: template, fields, checks, canonical form.
#include "policy_fields.hpp"

#include <openssl/evp.h>

namespace tollgate::config {

namespace {

node with_template(node document, const policy_context& with, context& at) {
    const node* extends = document.find("extends");
    if (extends == nullptr) return document;
    const auto base = with.templates.find(extends->text);
    if (base == with.templates.end()) {
        std::vector<std::string_view> known;
        for (const auto& [name, ignored] : with.templates) known.push_back(name);
        const std::string_view near = nearest(extends->text, known);
        at.error(*extends, "no template `" + extends->shown() + "`" +
                               (near.empty() ? std::string() : "; did you mean `" + std::string(near) + "`?"));
        return document;
    }
    node merged = merge(base->second, std::move(document));
    std::erase_if(merged.members, [](const node::member& entry) { return entry.key == "extends"; });
    return merged;
}

void add_zone(const node& document, policy_entry& read, const policy_context& with, context& at) {
    auto zone = with.zones.find(read.zone);
    if (zone)
        read.made.zone = std::move(*zone);
    else
        at.error(*document.find("timezone"), zone.error()); // the default is always known
}

}

std::string sha256_hex(std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    const bool done = EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) == 1;
    TG_ASSERT(done);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) {
        hex.push_back(digits[digest[i] >> 4]);
        hex.push_back(digits[digest[i] & 15]);
    }
    return hex;
}

read_policy_result read_policy(node document, const policy_context& with, context& at) {
    if (document.what == node::kind::null) at.error(document, "an empty policy");
    if (!is_map(document, at)) return {};
    node merged = with_template(std::move(document), with, at);
    policy_entry read;
    read_object(merged, policy_fields, read, at);
    for (const std::string_view key : {"tenant_id", "policy_version"}) require(merged, key, at);
    add_zone(merged, read, with, at);
    if (!with.in_force_once) check_policy(merged, read, with, at);
    read.made.allow_hosted_tools = read.tools.allow;
    read.made.hosted_tool_calls_max = read.tools.calls_max;

    read_policy_result result;
    result.canonical = canonical_form(merged);
    read.made.hash = sha256_hex(result.canonical);
    result.policy = std::make_shared<const policy::tenant_policy>(std::move(read.made));
    return result;
}

std::expected<read_policy_result, std::vector<problem>>
parse_policy(std::string_view file, std::string_view text, const policy_context& with, const references& known) {
    std::vector<problem> errors, warnings;
    context at{errors, warnings};
    const document_limits bounds{limits::policy_file_bytes_max, limits::policy_nodes_max};
    auto tree = parse_document(file, text, bounds, known, errors);
    read_policy_result result;
    if (tree) result = read_policy(std::move(*tree), with, at);
    if (errors.empty()) return result;
    tidy(errors);
    return std::unexpected(std::move(errors));
}

std::expected<std::shared_ptr<const policy::tenant_policy>, std::vector<problem>>
parse_remembered_policy(std::string_view version, std::string_view canonical, zone_files& zones) {
    const tollgate::catalog no_models;
    const template_map no_templates;
    auto read = parse_policy(version, canonical, {no_models, no_templates, zones, {}, true});
    if (!read) return std::unexpected(std::move(read.error()));
    return std::move(read->policy);
}

}
