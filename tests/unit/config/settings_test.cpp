#include "support.hpp"

namespace tollgate::config {
namespace {

using test::reading;

struct read_result {
    settings made;
    reading from;
    explicit read_result(const std::string& text) : from(text) { read_settings(*from.tree, made, from.at); }
};

TEST(settings, an_empty_file_and_empty_sections_mean_the_defaults) {
    for (const char* text : {"", "server:\nadmin:\nstore:\nkeys:\nlog:\nalerts:\nfiles:\n", "server: {tls: }\n"}) {
        SCOPED_TRACE(text);
        const read_result got(text);
        EXPECT_TRUE(got.from.errors.empty()) << got.from.all_errors();
        EXPECT_EQ(got.made.server.listen, (endpoint{"0.0.0.0", 8080}));
        EXPECT_EQ(got.made.admin.listen, (endpoint{"127.0.0.1", 9090}));
        EXPECT_EQ(got.made.store.url, "sqlite:var/tollgate.db");
        EXPECT_TRUE(got.made.store.migrate);
        EXPECT_EQ(got.made.keys.prefix, "sk-tg-");
        EXPECT_EQ(got.made.state_dir, "var");
    }
}

TEST(settings, every_problem_is_reported_with_its_place) {
    const read_result got(
        "server:\n  listn: 1.2.3.4:1\n  threads: -1\n  body_bytes_max: 65MiB\nlog: {level: inof}\nstor: {}\n");
    EXPECT_EQ(got.from.all_errors(),
              "f.yaml:2:3: unknown key `listn`; did you mean `listen`?\n"
              "f.yaml:3:12: `-1` is not a whole number from 0 to 1024\n"
              "f.yaml:4:19: `65MiB` is not a size in bytes, KiB, MiB or GiB, from 1KiB to 64MiB\n"
              "f.yaml:5:14: `inof` is not one of trace, debug, info, warn, error, off; did you "
              "mean `info`?\n"
              "f.yaml:6:1: unknown key `stor`; did you mean `store`?\n");
}

TEST(settings, values_are_taken) {
    const read_result got(R"(
server:
  listen: "[::1]:0"
  threads: 2
  trusted_proxies: [10.0.0.0/8, "::1", 192.168.1.7]
  head_timeout: 250ms
  unmetered_paths: [/v1/moderations]
admin: {listen: "0.0.0.0:9090", token: "${SET}-long-enough"}
store: {url: "postgresql://u:p@h/d", migrate: false}
log: {level: debug, requests: off}
alerts: {webhooks: ["https://example.org/hook"]}
)");
    ASSERT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    EXPECT_EQ(got.made.server.listen, (endpoint{"::1", 0}));
    EXPECT_EQ(got.made.server.threads, 2u);
    EXPECT_EQ(got.made.server.trusted_proxies.size(), 3u);
    EXPECT_EQ(got.made.server.head_timeout_ms, 250u);
    EXPECT_EQ(got.made.server.unmetered_paths, std::vector<std::string>{"/v1/moderations"});
    EXPECT_EQ(got.made.admin.token, "value-long-enough");
    EXPECT_FALSE(got.made.store.migrate);
    EXPECT_EQ(got.made.log.level, log_level::debug);
    EXPECT_EQ(got.made.log.requests, "off");
    EXPECT_EQ(got.made.alerts.webhooks.size(), 1u);
}

TEST(settings, an_admin_address_off_loopback_needs_a_token_that_is_hard_to_guess) {
    struct row {
        const char* listen;
        const char* token;
        bool refused;
    };
    const row rows[] = {
        {"127.0.0.1:9090", "", false},
        {"\"[::1]:9090\"", "", false},
        {"localhost:9090", "changeme", false},
        {"0.0.0.0:9090", "\"\"", true},
        {"10.0.0.1:9090", "admin", true},
        {"0.0.0.0:9090", "ChangeMe", true},
        {"\"[::]:9090\"", "secret", true},
        {":9090", "password", true},
        {"0.0.0.0:9090", "c41f0bb6a1c2d3e", true},
        {"0.0.0.0:9090", "c41f0bb6a1c2d3e4", false},
        {"0.0.0.0:9090", "ChangeMeChangeMe", true},
        {"0.0.0.0:9090", "zzzzzzzzzzzzzzzzzzzz", true},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(std::string(r.listen) + " " + r.token);
        const std::string token = *r.token == '\0' ? "\"\"" : r.token;
        const read_result got("admin: {listen: " + std::string(r.listen) + ", token: " + token + "}\n");
        EXPECT_EQ(got.from.says("must be set and hard to guess"), r.refused) << got.from.all_errors();
        EXPECT_EQ(got.from.errors.empty(), !r.refused);
    }
}

TEST(settings, admin_tokens_have_names_and_roles) {
    const read_result got("admin:\n  token: one-token-of-all-roles\n  tokens:\n"
                          "    - {token: another-long-token, name: alice, role: read}\n"
                          "    - {token: a-third-long-token, name: bob, role: [operate, money]}\n");
    ASSERT_TRUE(got.from.errors.empty()) << got.from.all_errors();
    ASSERT_EQ(got.made.admin.tokens.size(), 2u);
    EXPECT_EQ(got.made.admin.tokens[0].name, "alice");
    EXPECT_EQ(got.made.admin.tokens[0].roles, std::vector{admin_role::read});
    EXPECT_EQ(got.made.admin.tokens[1].roles, (std::vector{admin_role::operate, admin_role::money}));
}

TEST(settings, admin_tokens_that_cannot_be_are_refused_without_being_shown) {
    struct row {
        const char *tokens, *says;
    };
    const row rows[] = {
        {"[{token: fifteen-bytes-x, name: a, role: read}]", "easy to guess"},
        {"[{token: long-enough-token, role: read}]", "`name` is missing"},
        {"[{token: long-enough-token, name: a}]", "`role` is missing"},
        {"[{token: long-enough-token, name: a, role: []}]", "at least one role"},
        {"[{token: long-enough-token, name: a, role: root}]", "not one of read, operate, money"},
        {"[{token: long-enough-token, name: a, role: read}, {token: other-long-token, name: a, role: read}]",
         "have the name `a`"},
        {"[{token: long-enough-token, name: a, role: read}, {token: long-enough-token, name: b, role: read}]",
         "is another one's too"},
        {"{token: long-enough-token}", "must be a list"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.tokens);
        const read_result got("admin: {tokens: " + std::string(r.tokens) + "}\n");
        EXPECT_TRUE(got.from.says(r.says)) << got.from.all_errors();
        EXPECT_FALSE(got.from.says("long-enough-token"));
        EXPECT_FALSE(got.from.says("fifteen-bytes-x"));
    }
    EXPECT_TRUE(
        read_result("admin: {tokens: [{token: long-enough-token, name: admin, role: read}]}").from.errors.empty());
    EXPECT_TRUE(read_result("admin: {token: one-token-of-all-roles, tokens: [{token: long-enough-token, name: admin, "
                            "role: read}]}")
                    .from.says("have the name `admin`"));
}

TEST(settings, tls_files_come_in_pairs) {
    EXPECT_TRUE(read_result("server: {tls: {cert: c.pem}}").from.says("`cert` and `key` go together"));
    EXPECT_TRUE(read_result("server: {tls: {key: k.pem}}").from.says("`cert` and `key` go together"));
    EXPECT_TRUE(read_result("server: {tls: {cert: c.pem, key: k.pem}}").from.errors.empty());
}

TEST(settings, a_fault_in_a_secret_does_not_show_it) {
    const read_result got("store: {url: \"mysql://u:hunter2@h/d\"}\nadmin: {token: \"two words\"}\n");
    EXPECT_EQ(got.from.errors.size(), 2u);
    EXPECT_FALSE(got.from.says("hunter2"));
    EXPECT_FALSE(got.from.says("two words"));
}

TEST(settings, addresses_are_read_strictly) {
    struct row {
        const char* text;
        std::optional<endpoint> expected;
    };
    const row rows[] = {
        {"0.0.0.0:8080", endpoint{"0.0.0.0", 8080}},
        {":8080", endpoint{"0.0.0.0", 8080}},
        {"*:1", endpoint{"0.0.0.0", 1}},
        {"localhost:65535", endpoint{"127.0.0.1", 65535}},
        {"[::]:80", endpoint{"::", 80}},
        {"1.2.3.4", std::nullopt},
        {"1.2.3.4:", std::nullopt},
        {"1.2.3.4:65536", std::nullopt},
        {"1.2.3:80", std::nullopt},
        {"::1:80", std::nullopt},
        {"[1.2.3.4]:80", std::nullopt},
        {"host.example:80", std::nullopt},
        {"", std::nullopt},
        {"1.2.3.4:80x", std::nullopt},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        EXPECT_EQ(parse_endpoint(r.text), r.expected);
    }
    EXPECT_EQ(to_text(endpoint{"::1", 80}), "[::1]:80");
    EXPECT_TRUE(is_loopback({"127.9.9.9", 1}));
    EXPECT_FALSE(is_loopback({"128.0.0.1", 1}));
}

TEST(settings, networks_and_paths_are_read_strictly) {
    for (const char* good : {"10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "::/0", "fd00::/128"})
        EXPECT_TRUE(read_result("server: {trusted_proxies: [\"" + std::string(good) + "\"]}").from.errors.empty())
            << good;
    for (const char* bad : {"10.0.0.0/33", "::/129", "10.0.0", "10.0.0.0/", "10.0.0.0/-1", "proxy"})
        EXPECT_FALSE(read_result("server: {trusted_proxies: [\"" + std::string(bad) + "\"]}").from.errors.empty())
            << bad;
    for (const char* bad : {"v1/x", "/v1/../x", "/v1/%2e", "/v1?x", "/v1//x", "/v1/*", "/moderations", "/", ""})
        EXPECT_FALSE(read_result("server: {unmetered_paths: [\"" + std::string(bad) + "\"]}").from.errors.empty())
            << bad;
}

}
}
