#include "support.hpp"

#include <tollgate/config/catalog_file.hpp>

namespace tollgate::config {
namespace {

using test::reading;

struct read_result {
    tollgate::catalog made;
    reading from;
    explicit read_result(const std::string& text, const std::string& prices = test::small_prices) : from(text) {
        reading priced(prices);
        price_book book;
        read_prices(*priced.tree, book, priced.at);
        EXPECT_TRUE(priced.errors.empty()) << priced.all_errors();
        read_catalog(*from.tree, book, test::some_day, "/etc/tollgate", made, from.at);
    }
};

std::string provider(const std::string& entry) {
    return "tiers: [t]\nproviders: {p: {" + entry +
           "}}\nmodels: {m: {provider: p, tier: t, max_output_tokens: 1, context_tokens: 1}}\n";
}

TEST(catalog, models_get_their_provider_and_their_prices) {
    const read_result got(test::small_catalog);
    ASSERT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    const model* big = got.made.find("big");
    ASSERT_NE(big, nullptr);
    EXPECT_EQ(big->routes.front().provider->name, "openai");
    EXPECT_EQ(big->routes.front().upstream_name, "big");
    EXPECT_EQ(big->max_output_tokens, 100);
    ASSERT_NE(big->routes.front().price_at(test::some_day), nullptr);
    EXPECT_EQ(big->routes.front().price_at(test::some_day)->rates.input, 10'000'000'000);
    EXPECT_EQ(got.made.price_version, "v1");
    EXPECT_EQ(got.made.tiers, (std::vector<std::string>{"premium", "standard", "economy"}));
    EXPECT_NE(got.made.price_of("openai", "small", test::some_day), nullptr);
}

TEST(catalog, a_model_without_a_price_is_legal_and_a_warning) {
    const read_result got(test::small_catalog);
    EXPECT_EQ(got.made.find("unpriced")->routes.front().price_at(test::some_day), nullptr);
    EXPECT_TRUE(got.from.warns("model `unpriced` has no price in force for openai/unpriced"));
    EXPECT_FALSE(got.from.warns("model `big`"));
}

TEST(catalog, an_alias_may_differ_from_the_name_at_the_provider) {
    const read_result got(
        "tiers: [t]\nproviders: {openai: {base_url: http://h, auth: none}}\n"
        "models: {mine: {provider: openai, upstream: big, tier: t, max_output_tokens: 5, context_tokens: 5}}\n");
    ASSERT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    EXPECT_EQ(got.made.find("mine")->routes.front().upstream_name, "big");
    EXPECT_EQ(got.made.find("mine")->routes.front().prices.size(), 1u);
}

// Two providers and two models; `entry` is the whole of model `m`.
std::string with_routes(const std::string& entry) {
    return "tiers: [t]\nproviders: {openai: {base_url: http://h, auth: none}, other: {base_url: http://o, auth: "
           "none}}\n"
           "models:\n  m: {" +
           entry +
           "}\n  spare: {provider: other, tier: t, max_output_tokens: 5, context_tokens: 5}\n"
           "  vectors: {provider: other, tier: t, context_tokens: 5, capabilities: [embeddings]}\n";
}
constexpr const char* sizes = ", tier: t, max_output_tokens: 5, context_tokens: 5";

TEST(catalog, a_model_may_have_several_routes_ascending_by_priority) {
    const read_result got(with_routes("routes: [{provider: other, priority: 2}, {provider: openai, upstream: big}, "
                                      "{provider: other, upstream: x, weight: 20}], fallback: [spare]" +
                                      std::string(sizes)));
    ASSERT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    const model* m = got.made.find("m");
    ASSERT_EQ(m->routes.size(), 3u);
    EXPECT_EQ(m->routes[0].upstream_name, "big");
    EXPECT_EQ(m->routes[0].weight, 100);
    EXPECT_EQ(m->routes[0].prices.size(), 1u);
    EXPECT_EQ(m->routes[1].upstream_name, "x");
    EXPECT_EQ(m->routes[1].weight, 20);
    EXPECT_EQ(m->routes[2].upstream_name, "m");
    EXPECT_EQ(m->routes[2].priority, 2);
    EXPECT_EQ(m->fallback, std::vector<std::string>{"spare"});
    EXPECT_EQ(m->route_to("other"), &m->routes[1]);
    EXPECT_EQ(m->route_to("nobody"), nullptr);
    EXPECT_TRUE(m->priced_at(test::some_day));
    EXPECT_FALSE(got.made.find("spare")->priced_at(test::some_day));
    EXPECT_TRUE(got.from.warns("no price in force for other/x"));
    EXPECT_FALSE(got.from.warns("openai/big"));
}

TEST(catalog, faults_of_routes_and_fallbacks_are_reported) {
    struct row {
        const char* entry;
        const char* expected; // null: no fault
    };
    const row rows[] = {
        {"routes: [{provider: openai}]", nullptr},
        {"routes: [{provider: openai, priority: 100, weight: 10000}]", nullptr},
        {"routes: []", "must be a list"},
        {"routes: {provider: openai}", "must be a list"},
        {"upstream: big", "`provider` is missing"},
        {"routes: [{upstream: big}]", "`provider` is missing"},
        {"routes: [{provider: opnai}]", "no provider `opnai` is defined; did you mean `openai`?"},
        {"routes: [{provider: openai}, {provider: openai}]", "the route to openai/m appears twice"},
        {"routes: [{provider: openai}, {provider: openai, upstream: big}]", nullptr},
        {"provider: openai, routes: [{provider: openai}]", "write one or the other"},
        {"routes: [{provider: openai, priority: 0}]", "1"},
        {"routes: [{provider: openai, weight: 10001}]", "10000"},
        {"routes: [{provider: openai, wieght: 1}]", "did you mean `weight`?"},
        {"provider: openai, fallback: spare", nullptr},
        {"provider: openai, fallback: [spar]", "no model `spar` is defined; did you mean `spare`?"},
        {"provider: openai, fallback: [m]", "the model `m` cannot take its own place"},
        {"provider: openai, fallback: [vectors]", "`vectors` answers other endpoints than `m`"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.entry);
        const read_result got(with_routes(r.entry + std::string(sizes)));
        if (r.expected)
            EXPECT_TRUE(got.from.says(r.expected)) << got.from.all_errors();
        else
            EXPECT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    }
}

TEST(catalog, a_provider_entry_is_read_whole) {
    const read_result got(
        provider("base_url: \"https://h.example:8443/openai/v1/\", api_key: \"${SET}\", quirks: [mistral, "
                 "reasoning_extra], auth: x-api-key, forward_headers: [OpenAI-Beta, x-mock-*], headers: "
                 "{X-Project: one two}, ca_file: ca.pem, verify_tls: true, connect_timeout: 2s, "
                 "first_byte_timeout: 3s, idle_timeout: 4s, total_timeout: 5s"));
    ASSERT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    const tollgate::provider& p = *got.made.providers.at("p");
    EXPECT_EQ(p.base_url, "https://h.example:8443/openai/v1");
    EXPECT_TRUE(p.tls);
    EXPECT_EQ(p.host, "h.example");
    EXPECT_EQ(p.port, 8443);
    EXPECT_EQ(p.path_prefix, "/openai/v1");
    EXPECT_EQ(p.auth, auth_scheme::x_api_key_header);
    EXPECT_EQ(p.credential, "value");
    EXPECT_TRUE(p.quirks.max_tokens_only && p.quirks.no_stream_options && p.quirks.reasoning_extra);
    EXPECT_FALSE(p.quirks.input_excludes_cache);
    EXPECT_EQ(p.forward_headers, (std::vector<std::string>{"openai-beta", "x-mock-*"}));
    ASSERT_EQ(p.extra_headers.size(), 1u);
    EXPECT_EQ(p.extra_headers[0], (std::pair<std::string, std::string>("x-project", "one two")));
    EXPECT_EQ(p.ca_file, "/etc/tollgate/ca.pem");
    EXPECT_EQ(p.connect_ms, 2'000u);
    EXPECT_EQ(p.first_byte_ms, 3'000u);
    EXPECT_EQ(p.idle_ms, 4'000u);
    EXPECT_EQ(p.total_ms, 5'000u);
}

TEST(catalog, presets_bring_their_auth_and_the_entry_overrides_it) {
    EXPECT_EQ(read_result(provider("base_url: https://h, quirks: azure")).made.providers.at("p")->auth,
              auth_scheme::api_key_header);
    EXPECT_EQ(read_result(provider("base_url: https://h, quirks: ollama")).made.providers.at("p")->auth,
              auth_scheme::none);
    EXPECT_EQ(read_result(provider("auth: bearer, base_url: https://h, quirks: azure")).made.providers.at("p")->auth,
              auth_scheme::bearer);
    EXPECT_EQ(read_result(provider("base_url: https://h")).made.providers.at("p")->auth, auth_scheme::bearer);
}

TEST(catalog, a_missing_credential_is_a_warning) {
    EXPECT_TRUE(read_result(provider("base_url: https://h, api_key: \"${MISSING:-}\"")).from.warns("has no `api_key`"));
    EXPECT_TRUE(read_result(provider("base_url: https://h, api_key: ")).from.errors.empty());
    EXPECT_FALSE(read_result(provider("base_url: https://h, auth: none")).from.warns("has no `api_key`"));
    EXPECT_TRUE(read_result(provider("base_url: http://h.example, api_key: k")).from.warns("travels unencrypted"));
    EXPECT_FALSE(read_result(provider("base_url: http://127.0.0.1:1, api_key: k")).from.warns("travels unencrypted"));
}

TEST(catalog, faults_are_reported_with_the_nearest_name) {
    struct row {
        const char* text;
        const char* expected;
    };
    const row rows[] = {
        {"providers: {}\n", "`tiers` is missing"},
        {"tiers: [a, a]\n", "`a` appears twice"},
        {"tiers: [t]\nservice_tiers: [turbo]\n", "`turbo` is not one of standard, flex, priority, batch"},
        {"tiers: [t]\nproviders: {p: }\n", "`p` has no value"},
        {"tiers: [t]\nproviders: {p: {}}\n", "`base_url` is missing"},
        {"tiers: [t]\nproviders: {p: {base_url: ftp://x}}\n", "must start with https:// or http://"},
        {"tiers: [t]\nproviders: {p: {base_url: http://h, quirks: mistrall}}\n", "did you mean `mistral`?"},
        {"tiers: [t]\nproviders: {p: {base_url: http://h, forward_headers: [Authorization]}}\n",
         "is set by the gateway itself"},
        {"tiers: [t]\nproviders: {p: {base_url: http://h, forward_headers: [x-*]}}\n",
         "would pass on nearly everything"},
        {"tiers: [t]\nproviders: {p: {base_url: http://h, headers: {Host: x}}}\n", "is set by the gateway itself"},
        {"tiers: [t]\nproviders: {p: {base_url: http://h, headers: {x-a: \"b\\nc\"}}}\n", "must be one line of text"},
        {"tiers: [t]\nproviders: {p: {base_url: http://h, api_key: \"a b\"}}\n", "must be one line of visible ASCII"},
        {"tiers: [t]\nproviders: {opneai: {base_url: http://h}}\nmodels: {m: {provider: openai, tier: t, "
         "max_output_tokens: 1, context_tokens: 1}}\n",
         "no provider `openai` is defined; did you mean `opneai`?"},
        {"tiers: [standard]\nproviders: {p: {base_url: http://h}}\nmodels: {m: {provider: p, tier: standart, "
         "max_output_tokens: 1, context_tokens: 1}}\n",
         "no tier `standart` is defined; did you mean `standard`?"},
        {"tiers: [t]\nproviders: {p: {base_url: http://h}}\nmodels: {m: {provider: p, tier: t, context_tokens: 1}}\n",
         "`max_output_tokens` is missing"},
        {"tiers: [t]\nmodels: {\"m m\": {}}\n", "`m m` is not an id"},
        {"tiers: [t]\nmodels: {m: {capabilities: [sight]}}\n",
         "`sight` is not one of embeddings, vision, tools, json_schema"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        const read_result got(r.text);
        EXPECT_TRUE(got.from.says(r.expected)) << got.from.all_errors();
    }
}

TEST(catalog, embeddings_need_no_output_maximum) {
    const read_result got("tiers: [t]\nproviders: {p: {base_url: http://h, auth: none}}\n"
                          "models: {e: {provider: p, tier: t, context_tokens: 8192, capabilities: [embeddings]}}\n");
    ASSERT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    EXPECT_TRUE(got.made.find("e")->embeddings);
    EXPECT_FALSE(got.made.find("e")->tools);
}

TEST(base_url, is_taken_apart_or_refused) {
    struct row {
        const char* text;
        std::optional<base_url> expected;
    };
    const row rows[] = {
        {"https://api.openai.com/v1", base_url{true, "api.openai.com", 443, "/v1"}},
        {"http://127.0.0.1:11434/v1/", base_url{false, "127.0.0.1", 11434, "/v1"}},
        {"http://h", base_url{false, "h", 80, ""}},
        {"http://h/", base_url{false, "h", 80, ""}},
        {"https://[::1]:8443/a/b", base_url{true, "::1", 8443, "/a/b"}},
        {"https://[::1]", base_url{true, "::1", 443, ""}},
        {"h/v1", std::nullopt},
        {"https://", std::nullopt},
        {"https:///v1", std::nullopt},
        {"https://u:p@h/v1", std::nullopt},
        {"https://h/v1?x=1", std::nullopt},
        {"https://h/v1#x", std::nullopt},
        {"https://h:0/", std::nullopt},
        {"https://h:65536/", std::nullopt},
        {"https://h:/", std::nullopt},
        {"https://h:80x/", std::nullopt},
        {"https://h h/", std::nullopt},
        {"https://h/a b", std::nullopt},
        {"https://[::1/", std::nullopt},
        {"https://[::1]x/", std::nullopt},
        {"https://h/../x", std::nullopt},
        {"https://h/\r\nx: y", std::nullopt},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        const auto got = parse_base_url(r.text);
        ASSERT_EQ(got.has_value(), r.expected.has_value());
        if (got) EXPECT_EQ(*got, *r.expected);
    }
}

}
}
