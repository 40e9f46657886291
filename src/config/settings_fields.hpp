#pragma once

// The tables of tollgate.yaml. To add a setting: a member in settings.hpp, a line here, a line in
// config/tollgate.yaml, a property in config/schema/tollgate.schema.json.

#include <tollgate/config/settings.hpp>

namespace tollgate::config {

std::optional<endpoint> read_endpoint(node& value, context& at);
std::optional<std::vector<std::string>> read_networks(node& value, context& at);
std::optional<std::vector<std::string>> read_paths(node& value, context& at);
std::optional<std::vector<std::string>> read_urls(node& value, context& at);
std::optional<std::string> read_store_url(node& value, context& at);
std::optional<std::string> read_key_prefix(node& value, context& at);
std::optional<std::string> read_token(node& value, context& at); // what may stand in a header field; may be empty

// Tokens that are hard to guess where others can reach the listener, each with a name of its own.
void check_admin(const node& document, const admin_settings& read, context& at);
std::optional<std::vector<admin_role>> read_roles(node& value, context& at);
std::optional<std::vector<admin_token>> read_admin_tokens(node& value, context& at);

inline constexpr choice<admin_role> admin_roles[] = {
    {"read", admin_role::read}, {"operate", admin_role::operate}, {"money", admin_role::money}};

inline constexpr field<admin_token> admin_token_fields[] = {
    bind<&admin_token::token, read_token>("token"),
    bind<&admin_token::name, read_id>("name"),
    bind<&admin_token::roles, read_roles>("role"),
};

inline constexpr choice<log_level> log_levels[] = {
    {"trace", log_level::trace}, {"debug", log_level::debug}, {"info", log_level::info},
    {"warn", log_level::warn},   {"error", log_level::error}, {"off", log_level::off},
};

inline std::optional<std::uint64_t> read_body_size(node& value, context& at) {
    return read_bytes(value, 1024, limits::body_bytes_max, at);
}

inline constexpr field<tls_settings> tls_fields[] = {
    bind<&tls_settings::cert, read_text>("cert"),
    bind<&tls_settings::key, read_text>("key"),
};

inline constexpr field<server_settings> server_fields[] = {
    bind<&server_settings::listen, read_endpoint>("listen"),
    bind<&server_settings::threads, read_count<0, 1024, std::uint32_t>>("threads"),
    nest<&server_settings::tls, tls_fields>("tls"),
    bind<&server_settings::trusted_proxies, read_networks>("trusted_proxies"),
    bind<&server_settings::proxy_protocol, read_flag>("proxy_protocol"),
    bind<&server_settings::body_bytes_max, read_body_size>("body_bytes_max"),
    bind<&server_settings::connections_max, read_count<1, limits::connections_per_thread_max, std::uint32_t>>(
        "connections_max"),
    bind<&server_settings::head_timeout_ms, read_ms<100, 60'000>>("head_timeout"),
    bind<&server_settings::body_timeout_ms, read_ms<100, 600'000>>("body_timeout"),
    bind<&server_settings::idle_timeout_ms, read_ms<100, 3'600'000>>("idle_timeout"),
    bind<&server_settings::write_timeout_ms, read_ms<100, 600'000>>("write_timeout"),
    bind<&server_settings::tls_handshake_timeout_ms, read_ms<100, 60'000>>("tls_handshake_timeout"),
    bind<&server_settings::request_timeout_ms, read_ms<1'000, limits::request_total_ms_max>>("request_timeout"),
    bind<&server_settings::drain_timeout_ms, read_ms<0, 3'600'000>>("drain_timeout"),
    bind<&server_settings::unmetered_paths, read_paths>("unmetered_paths"),
};

inline constexpr field<admin_settings> admin_fields[] = {
    bind<&admin_settings::listen, read_endpoint>("listen"),
    bind<&admin_settings::token, read_token>("token"),
    bind<&admin_settings::tokens, read_admin_tokens>("tokens"),
};

inline constexpr field<store_settings> store_fields[] = {
    bind<&store_settings::url, read_store_url>("url"),
    bind<&store_settings::migrate, read_flag>("migrate"),
    bind<&store_settings::connections, read_count<1, 64, std::uint32_t>>("connections"),
};

inline constexpr field<key_settings> key_fields[] = {
    bind<&key_settings::pepper, read_text>("pepper"),
    bind<&key_settings::prefix, read_key_prefix>("prefix"),
    bind<&key_settings::rotate_grace_ms, read_ms<0, limits::rotate_grace_ms_max>>("rotate_grace"),
};

inline constexpr field<log_settings> log_fields[] = {
    bind<&log_settings::level, read_choice<log_levels>>("level"),
    bind<&log_settings::requests, read_name>("requests"),
};

inline constexpr field<alert_settings> alert_fields[] = {
    bind<&alert_settings::webhooks, read_urls>("webhooks"),
    bind<&alert_settings::signing_secret, read_text>("signing_secret"),
    bind<&alert_settings::timeout_ms, read_ms<100, 60'000>>("timeout"),
};

inline constexpr field<file_settings> file_fields[] = {
    bind<&file_settings::catalog, read_name>("catalog"),
    bind<&file_settings::prices, read_name>("prices"),
    bind<&file_settings::policies, read_name>("policies"),
};

inline constexpr field<settings> settings_fields[] = {
    nest<&settings::server, server_fields>("server"), nest<&settings::admin, admin_fields>("admin"),
    nest<&settings::store, store_fields>("store"),    nest<&settings::keys, key_fields>("keys"),
    nest<&settings::log, log_fields>("log"),          nest<&settings::alerts, alert_fields>("alerts"),
    nest<&settings::files, file_fields>("files"),     bind<&settings::state_dir, read_name>("state_dir"),
};

}
