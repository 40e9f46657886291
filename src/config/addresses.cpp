// Addresses, networks, paths and URLs of the settings.
#include "settings_fields.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace tollgate::config {

namespace {

bool is_v4(const std::string& host) {
    in_addr ignored{};
    return inet_pton(AF_INET, host.c_str(), &ignored) == 1;
}

bool is_v6(const std::string& host) {
    in6_addr ignored{};
    return inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

template <class Integer>
std::optional<Integer> parse_number(std::string_view text) {
    Integer value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_network(std::string_view text) {
    const auto slash = text.find('/');
    const std::string host(text.substr(0, slash));
    const bool v4 = is_v4(host);
    if (!v4 && !is_v6(host)) return false;
    if (slash == std::string_view::npos) return true;
    const auto bits = parse_number<unsigned>(text.substr(slash + 1));
    return bits && *bits <= (v4 ? 32u : 128u);
}

bool is_path(std::string_view text) {
    return text.starts_with("/v1/") && text.find_first_of("?#%*\\ \t") == std::string_view::npos &&
           text.find("//") == std::string_view::npos && text.find("..") == std::string_view::npos;
}

// An unresolved reference may stand for one: see references::kept.
bool is_url(std::string_view text) {
    if (text.starts_with("${")) return true;
    const auto rest = text.starts_with("https://")  ? text.substr(8)
                      : text.starts_with("http://") ? text.substr(7)
                                                    : std::string_view();
    const auto odd = [](char c) { return c < 0x21 || c > 0x7E; };
    return !rest.empty() && rest.front() != '/' && rest.size() <= 2048 && std::ranges::none_of(rest, odd);
}

// A text or a list of texts, each of which passes `test`.
std::optional<std::vector<std::string>> read_each(node& value, bool (*test)(std::string_view),
                                                  std::string_view expected, context& at) {
    std::vector<std::string> all;
    const auto add = [&](node& item) {
        if (item.what == node::kind::scalar && test(item.text))
            all.push_back(item.text);
        else if (item.what == node::kind::scalar)
            at.error(item, "`" + item.shown() + "` is not " + std::string(expected));
        else
            at.error(item, "must be " + std::string(expected));
    };
    if (value.what == node::kind::list)
        std::ranges::for_each(value.items, add);
    else
        add(value);
    return all;
}

}

std::optional<endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
    std::string_view host = text.substr(0, colon);
    if (!port) return std::nullopt;
    if (host.empty() || host == "*") return endpoint{"0.0.0.0", *port};
    if (host == "localhost") return endpoint{"127.0.0.1", *port};
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    endpoint found{std::string(host), *port};
    if (bracketed ? !is_v6(found.host) : !is_v4(found.host)) return std::nullopt;
    return found;
}

std::string to_text(const endpoint& where) {
    const bool v6 = where.host.find(':') != std::string::npos;
    return (v6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

bool is_loopback(const endpoint& where) {
    in_addr v4{};
    if (inet_pton(AF_INET, where.host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
    in6_addr v6{};
    return inet_pton(AF_INET6, where.host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::optional<endpoint> read_endpoint(node& value, context& at) {
    auto found = value.what == node::kind::scalar ? parse_endpoint(value.text) : std::nullopt;
    if (!found) at.error(value, "must be an address and a port, such as 127.0.0.1:8080 or \"[::1]:8080\"");
    return found;
}

std::optional<std::vector<std::string>> read_networks(node& value, context& at) {
    return read_each(value, is_network, "an address or a network such as 10.0.0.0/8", at);
}

std::optional<std::vector<std::string>> read_paths(node& value, context& at) {
    return read_each(value, is_path, "a whole path below /v1/, such as /v1/moderations", at);
}

std::optional<std::vector<std::string>> read_urls(node& value, context& at) {
    const auto keep = [](node& item) { item.keep_reference = true; };
    keep(value);
    std::ranges::for_each(value.items, keep);
    return read_each(value, is_url, "an address that starts with https:// or http://", at);
}

std::optional<std::string> read_store_url(node& value, context& at) {
    constexpr std::array<std::string_view, 3> schemes{"sqlite:", "postgresql://", "postgres://"};
    const bool known = value.what == node::kind::scalar && std::ranges::any_of(schemes, [&](std::string_view scheme) {
                           return value.text.starts_with(scheme) && value.text.size() > scheme.size();
                       });
    if (known) return value.text;
    at.error(value, "must be sqlite:FILE or postgresql://USER@HOST/DATABASE"); // the value may hold a password
    return std::nullopt;
}

std::optional<std::string> read_key_prefix(node& value, context& at) {
    auto prefix = read_id(value, at);
    if (prefix && prefix->size() > 32) {
        at.error(value, "must not be longer than 32 characters");
        return std::nullopt;
    }
    return prefix;
}

std::optional<std::string> read_token(node& value, context& at) {
    const auto odd = [](char c) { return c < 0x21 || c > 0x7E; };
    if (value.what == node::kind::scalar && std::ranges::none_of(value.text, odd) &&
        value.text.size() <= limits::key_bytes_max * 16)
        return value.text;
    at.error(value, "must be one line of visible ASCII without spaces"); // the value is a secret
    return std::nullopt;
}

}
