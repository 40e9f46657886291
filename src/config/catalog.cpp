// catalog.yaml: providers first, then the models that name them, then prices.
#include "catalog_fields.hpp"

#include <filesystem>

namespace tollgate::config {

namespace {

bool is_local(const std::string& host) { return host == "localhost" || host.starts_with("127.") || host == "::1"; }

void check_provider(const node& where, const provider& made, context& at) {
    if (made.auth == auth_scheme::none) {
        if (!made.credential.empty()) at.warn(where, "`api_key` is not sent, since `auth` is none");
        return;
    }
    if (made.credential.empty())
        at.warn(where, "provider `" + made.name + "` has no `api_key`; write `auth: none` if it needs none");
    else if (!made.tls && !is_local(made.host))
        at.warn(where, "the `api_key` of provider `" + made.name + "` travels unencrypted");
    if (made.tls && !made.verify_tls) at.warn(where, "anybody on the way may read along: `verify_tls` is false");
}

std::shared_ptr<const provider> read_provider(node::member& entry, const std::string& folder, context& at) {
    provider_entry read;
    read.made.name = entry.key;
    read_object(entry.value, provider_fields, read, at);
    require(entry.value, "base_url", at);
    if (read.auth) read.made.auth = *read.auth;
    if (!read.made.ca_file.empty()) read.made.ca_file = std::filesystem::path(folder) / read.made.ca_file;
    check_provider(entry.value, read.made, at);
    return std::make_shared<const provider>(std::move(read.made));
}

// Ids of map keys follow the rules of `read_id`.
bool is_id(const node& map, const node::member& entry, context& at) {
    node key;
    key.what = node::kind::scalar;
    key.file = map.file;
    key.line = entry.line;
    key.column = entry.column;
    key.text = entry.key;
    return read_id(key, at).has_value();
}

}

void for_each_entry(node* section, context& at, const std::function<void(node::member&)>& read) {
    if (section == nullptr || !is_map(*section, at)) return;
    for (node::member& entry : section->members) {
        if (!is_id(*section, entry, at)) continue;
        if (entry.value.what == node::kind::null)
            refuse_empty(*section, entry, at);
        else if (is_map(entry.value, at))
            read(entry);
    }
}

void refuse_reference(const node& map, std::string_view key, const std::string& given,
                      const std::vector<std::string_view>& known, context& at) {
    const node* value = map.find(key);
    if (value == nullptr || given.empty()) return;
    const std::string_view near = nearest(given, known);
    at.error(*value, "no " + std::string(key) + " `" + given + "` is defined" +
                         (near.empty() ? std::string() : "; did you mean `" + std::string(near) + "`?"));
}

void read_base_url(node& value, provider_entry& into, context& at) {
    if (value.what != node::kind::scalar)
        return at.error(value, "must be an address such as https://api.openai.com/v1");
    const auto url = parse_base_url(value.text);
    if (!url) return at.error(value, "`" + value.shown() + "`: " + url.error());
    into.made.base_url = value.text;
    while (into.made.base_url.ends_with('/')) into.made.base_url.pop_back();
    into.made.tls = url->tls;
    into.made.host = url->host;
    into.made.port = url->port;
    into.made.path_prefix = url->path;
}

void read_api_key(node& value, provider_entry& into, context& at) {
    if (value.what == node::kind::null) return;
    const auto odd = [](char c) { return c < 0x21 || c > 0x7E; };
    if (value.what != node::kind::scalar || std::ranges::any_of(value.text, odd) || value.text.size() > 8192)
        return at.error(value, "`api_key` must be one line of visible ASCII"); // the value is a secret
    into.made.credential = value.text;
}

void read_service_tiers(node& value, catalog_file& into, context& at) {
    into.service_tiers.clear();
    const auto add = [&](node& item) {
        if (const auto tier = read_choice<service_tier_names>(item, at)) into.service_tiers.push_back(*tier);
    };
    if (value.what == node::kind::list)
        std::ranges::for_each(value.items, add);
    else
        add(value);
}

void read_catalog(node& document, const price_book& prices, instant now, const std::string& folder,
                  tollgate::catalog& into, context& at) {
    catalog_file file;
    read_object(document, catalog_fields, file, at);
    if (document.what != node::kind::null) require(document, "tiers", at);
    into.price_version = prices.version;
    into.prices = prices.rows;
    into.tiers = file.tiers;
    into.enabled_service_tiers = file.service_tiers;
    for_each_entry(file.providers, at,
                   [&](node::member& entry) { into.providers.emplace(entry.key, read_provider(entry, folder, at)); });
    read_models(file.models, {prices, now}, into, at);
    if (into.models.empty()) at.warn(document, "no model is defined: every request will be refused");
}

}
