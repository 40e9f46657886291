#pragma once

// tollgate.yaml as values. The initialisers are the defaults; config/tollgate.yaml documents every one of them.

#include <tollgate/config/reader.hpp>
#include <tollgate/core/limits.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::config {

struct endpoint {
    std::string host;       // an IP address, without brackets
    std::uint16_t port = 0; // 0: any free port
    friend bool operator==(const endpoint&, const endpoint&) = default;
};

// "0.0.0.0:8080", "[::]:8080", ":8080", "localhost:8080"; nothing when it is none of these.
std::optional<endpoint> parse_endpoint(std::string_view text);
std::string to_text(const endpoint& where);
bool is_loopback(const endpoint& where);

struct tls_settings {
    std::string cert, key; // PEM files; both or neither; absolute once loaded
    bool enabled() const { return !cert.empty(); }
};

struct server_settings {
    endpoint listen{"0.0.0.0", 8080};
    std::uint32_t threads = 0; // 0: one a core
    tls_settings tls;
    std::vector<std::string> trusted_proxies; // addresses or networks: "10.0.0.0/8", "::1"
    bool proxy_protocol = false;
    std::uint64_t body_bytes_max = limits::body_bytes_default;
    std::uint32_t connections_max = limits::connections_per_thread_max; // per thread
    std::uint32_t head_timeout_ms = limits::head_ms_max;
    std::uint32_t body_timeout_ms = limits::body_ms_max;
    std::uint32_t idle_timeout_ms = limits::idle_ms_max;
    std::uint32_t write_timeout_ms = limits::write_ms_max;
    std::uint32_t tls_handshake_timeout_ms = limits::tls_handshake_ms_max;
    std::uint32_t request_timeout_ms = limits::request_total_ms_max;
    std::uint32_t drain_timeout_ms = limits::drain_ms_max;
    std::vector<std::string> unmetered_paths; // passed through without metering: "/v1/moderations"
};

enum class admin_role : std::uint8_t { read, operate, money };

struct admin_token {
    std::string token; // secret
    std::string name;  // as the audit shows it
    std::vector<admin_role> roles;
};

struct admin_settings {
    endpoint listen{"127.0.0.1", 9090};
    std::string token; // secret; has every role
    std::vector<admin_token> tokens;
};

struct store_settings {
    std::string url = "sqlite:var/tollgate.db"; // or postgresql://...; may hold a password
    bool migrate = true;
    std::uint32_t connections = 2; // besides the writer's own; PostgreSQL only
};

struct key_settings {
    std::string pepper; // secret; mixed into the hash of every key
    std::string prefix = "sk-tg-";
    std::uint32_t rotate_grace_ms = 24 * 3'600'000; // an old key lives on after a rotation
};

enum class log_level : std::uint8_t { trace, debug, info, warn, error, off };

struct log_settings {
    log_level level = log_level::info;
    std::string requests = "stdout"; // "stdout", "off" or a file
};

struct alert_settings {
    std::vector<std::string> webhooks; // secret parts are usual in such addresses: never logged
    std::string signing_secret;        // secret; signs every delivery when set
    std::uint32_t timeout_ms = 5'000;
};

struct file_settings {
    std::string catalog = "catalog.yaml", prices = "prices.yaml", policies = "policies"; // from the file's own folder
};

struct settings {
    server_settings server;
    admin_settings admin;
    store_settings store;
    key_settings keys;
    log_settings log;
    alert_settings alerts;
    file_settings files;
    std::string state_dir = "var"; // outbox and node id; from the working directory
};

// Fills `into` and checks what no single value can: TLS in pairs, the admin token.
void read_settings(node& document, settings& into, context& at);

// Empty, shorter than limits::admin_token_bytes_min, or one of the tokens everybody tries first.
bool is_weak_token(std::string_view token);

}
