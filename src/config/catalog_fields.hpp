#pragma once

// The tables of catalog.yaml.

#include <tollgate/config/catalog_file.hpp>
#include <tollgate/core/limits.hpp>

#include <functional>

namespace tollgate::config {

struct provider_entry {
    tollgate::provider made;
    std::optional<auth_scheme> auth; // written; else the preset's
};

// A route as written; the provider by its name.
struct route_entry {
    std::string provider, upstream;
    std::int32_t priority = 1, weight = 100;
};

// One route is written as `provider` and `upstream` of the model itself, several as `routes`.
struct model_entry {
    tollgate::model made;
    route_entry only;
    std::vector<route_entry> routes;
};

struct catalog_file {
    std::vector<std::string> tiers;
    std::vector<service_tier> service_tiers{service_tier::standard};
    node* providers = nullptr;
    node* models = nullptr;
};

inline constexpr choice<auth_scheme> auth_schemes[] = {
    {"bearer", auth_scheme::bearer},
    {"api-key", auth_scheme::api_key_header},
    {"x-api-key", auth_scheme::x_api_key_header},
    {"none", auth_scheme::none},
};

inline constexpr choice<service_tier> service_tier_names[] = {
    {"standard", service_tier::standard},
    {"flex", service_tier::flex},
    {"priority", service_tier::priority},
    {"batch", service_tier::batch},
};

void read_base_url(node& value, provider_entry& into, context& at);
void read_api_key(node& value, provider_entry& into, context& at);
void read_quirks(node& value, provider_entry& into, context& at); // src/config/quirks.cpp
void read_forward_headers(node& value, provider_entry& into, context& at);
void read_extra_headers(node& value, provider_entry& into, context& at);
void read_capabilities(node& value, model_entry& into, context& at);
void read_routes(node& value, model_entry& into, context& at); // src/config/catalog_models.cpp
void read_service_tiers(node& value, catalog_file& into, context& at);

template <auto Member, auto Read>
constexpr field<provider_entry> of_provider(std::string_view key) {
    return {key, [](node& value, provider_entry& into, context& at) {
                if (auto got = Read(value, at)) into.made.*Member = std::move(*got);
            }};
}

template <auto Member, auto Read>
constexpr field<model_entry> of_model(std::string_view key) {
    return {key, [](node& value, model_entry& into, context& at) {
                if (auto got = Read(value, at)) into.made.*Member = std::move(*got);
            }};
}

inline constexpr field<provider_entry> provider_fields[] = {
    {"base_url", read_base_url},
    {"api_key", read_api_key, true},
    bind<&provider_entry::auth, read_choice<auth_schemes>>("auth"),
    {"quirks", read_quirks},
    {"forward_headers", read_forward_headers},
    {"headers", read_extra_headers},
    of_provider<&provider::ca_file, read_name>("ca_file"),
    of_provider<&provider::verify_tls, read_flag>("verify_tls"),
    of_provider<&provider::connect_ms, read_ms<1, 60'000>>("connect_timeout"),
    of_provider<&provider::first_byte_ms, read_ms<1, limits::request_total_ms_max>>("first_byte_timeout"),
    of_provider<&provider::idle_ms, read_ms<1, limits::request_total_ms_max>>("idle_timeout"),
    of_provider<&provider::total_ms, read_ms<1, limits::request_total_ms_max>>("total_timeout"),
};

inline constexpr field<route_entry> route_fields[] = {
    bind<&route_entry::provider, read_id>("provider"),
    bind<&route_entry::upstream, read_id>("upstream"),
    bind<&route_entry::priority, read_count<1, 100, std::int32_t>>("priority"),
    bind<&route_entry::weight, read_count<1, 10'000, std::int32_t>>("weight"),
};

inline constexpr field<model_entry> model_fields[] = {
    {"provider",
     [](node& value, model_entry& into, context& at) { into.only.provider = read_id(value, at).value_or(""); }},
    {"upstream",
     [](node& value, model_entry& into, context& at) { into.only.upstream = read_id(value, at).value_or(""); }},
    {"routes", read_routes},
    of_model<&model::fallback, read_names>("fallback"),
    of_model<&model::tier, read_id>("tier"),
    of_model<&model::max_output_tokens, read_count<1, limits::tokens_max>>("max_output_tokens"),
    of_model<&model::context_tokens, read_count<1, limits::tokens_max>>("context_tokens"),
    {"capabilities", read_capabilities},
};

inline constexpr field<catalog_file> catalog_fields[] = {
    bind<&catalog_file::tiers, read_names>("tiers"),
    {"service_tiers", read_service_tiers},
    {"providers", [](node& value, catalog_file& into, context&) { into.providers = &value; }, true},
    {"models", [](node& value, catalog_file& into, context&) { into.models = &value; }, true},
};

// A name that is not in the list: "no tier `x` is defined; did you mean `y`?". Reported at `map`'s value of `key`.
void refuse_reference(const node& map, std::string_view key, const std::string& given,
                      const std::vector<std::string_view>& known, context& at);

// Calls `read` for each entry of a section whose key is an id and whose value is a map.
void for_each_entry(node* section, context& at, const std::function<void(node::member&)>& read);

struct catalog_source {
    const price_book& prices;
    instant now;
};
void read_models(node* section, const catalog_source& from, tollgate::catalog& into, context& at);

// Names for the schema: what `quirks` and `capabilities` may hold.
std::vector<std::string_view> quirk_names();
std::vector<std::string_view> capability_names();

}
