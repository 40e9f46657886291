#pragma once

// Providers, models and their prices as one immutable snapshot, built and checked by config.

#include <tollgate/core/price.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate {

enum class auth_scheme : std::uint8_t { bearer, api_key_header, x_api_key_header, none };

// What a provider does differently. Each flag is read in exactly one place.
struct provider_quirks {
    bool max_tokens_only = false;      // knows `max_tokens`, not `max_completion_tokens` (Mistral, Ollama)
    bool no_stream_options = false;    // rejects `stream_options`; sends usage by itself (Mistral)
    bool reasoning_extra = false;      // completion_tokens exclude reasoning (xAI)
    bool input_excludes_cache = false; // usage details are siblings of the totals (Anthropic shape)
};

struct provider {
    std::string name;
    std::string base_url; // as written, without a trailing slash
    bool tls = false;
    std::string host;
    std::uint16_t port = 0;
    std::string path_prefix; // "/v1": replaces the gateway's own "/v1"
    auth_scheme auth = auth_scheme::bearer;
    std::string credential;                   // secret; never logged
    std::vector<std::string> forward_headers; // client headers passed on besides the fixed ones; "x-mock-*" is a prefix
    std::vector<std::pair<std::string, std::string>> extra_headers;
    std::string ca_file; // empty: the system's
    bool verify_tls = true;
    provider_quirks quirks;
    std::uint32_t connect_ms = 0, first_byte_ms = 0, idle_ms = 0, total_ms = 0; // 0: limits.hpp
};

// One way to have a model served.
struct model_route {
    std::shared_ptr<const tollgate::provider> provider;
    std::string upstream_name; // what the provider calls it
    std::int32_t priority = 1; // lower first; a route of a higher one serves only while no lower one can
    std::int32_t weight = 100; // its share among the routes of its priority
    std::vector<price> prices; // of (provider, upstream_name), ascending by effective_from; may be empty
    // The price in force, or null: then it may not serve wherever a money limit applies.
    const price* price_at(instant when) const;
};

struct model {
    std::string alias; // what clients ask for
    std::string tier;
    std::vector<model_route> routes;   // at least one, ascending by priority
    std::vector<std::string> fallback; // aliases that may serve in its place when no route of its own can, in order
    std::int64_t max_output_tokens = 0;
    std::int64_t context_tokens = 0;
    bool embeddings = false; // no output tokens
    bool vision = false, tools = true, json_schema = true;
    const model_route* route_to(std::string_view provider) const; // the first, or null
    bool priced_at(instant when) const;                           // some route is: else it may not run at a money limit
};

struct catalog {
    std::string price_version; // names the price book on every reservation and settlement
    std::unordered_map<std::string, std::shared_ptr<const model>> models; // by alias
    std::unordered_map<std::string, std::shared_ptr<const provider>> providers;
    std::unordered_map<std::string, std::vector<price>> prices; // "provider/upstream_name": what answers may name
    std::vector<std::string> tiers;                             // dearest first
    std::vector<service_tier> enabled_service_tiers;

    const model* find(std::string_view alias) const;
    // 0 is the dearest tier; a tier that is not listed comes last.
    std::int32_t rank_of(std::string_view tier) const;
    const price* price_of(std::string_view provider, std::string_view upstream_name, instant when) const;
};

}
