#include <tollgate/config/catalog_file.hpp>

#include <charconv>

namespace tollgate::config {

namespace {

constexpr std::string_view host_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
constexpr std::string_view path_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._~!$&'()*+,;=:@-";

struct authority {
    std::string_view host, port;
    bool ok = false;
};

authority split_authority(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return {};
        const std::string_view host = text.substr(1, end - 1), rest = text.substr(end + 1);
        const bool v6 = !host.empty() && host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
        if (!v6 || (!rest.empty() && !rest.starts_with(':'))) return {};
        return {host, rest.empty() ? rest : rest.substr(1), rest != ":"};
    }
    const auto colon = text.find(':');
    const std::string_view host = text.substr(0, colon);
    const bool known = !host.empty() && host.find_first_not_of(host_characters) == std::string_view::npos;
    if (colon == std::string_view::npos) return {host, {}, known};
    return {host, text.substr(colon + 1), known && colon + 1 < text.size()};
}

}

std::expected<base_url, std::string> parse_base_url(std::string_view text) {
    base_url url;
    url.tls = text.starts_with("https://");
    if (!url.tls && !text.starts_with("http://")) return std::unexpected("must start with https:// or http://");
    text.remove_prefix(url.tls ? 8 : 7);
    if (text.find('?') != std::string_view::npos) return std::unexpected("must not hold a query");
    if (text.find('#') != std::string_view::npos) return std::unexpected("must not hold a fragment");

    const auto slash = std::min(text.find('/'), text.size());
    std::string_view path = text.substr(slash);
    text = text.substr(0, slash);
    if (text.find('@') != std::string_view::npos)
        return std::unexpected("must not hold a user or a password; use `api_key`");
    const authority found = split_authority(text);
    if (!found.ok) return std::unexpected("names no valid host");

    url.host = found.host;
    url.port = url.tls ? 443 : 80;
    if (!found.port.empty()) {
        const auto [end, fault] = std::from_chars(found.port.data(), found.port.data() + found.port.size(), url.port);
        if (fault != std::errc() || end != found.port.data() + found.port.size() || url.port == 0)
            return std::unexpected("the port must be a number from 1 to 65535");
    }
    while (path.ends_with('/')) path.remove_suffix(1);
    if (path.find_first_not_of(path_characters) != std::string_view::npos || path.find("..") != std::string_view::npos)
        return std::unexpected("the path holds characters that it must not");
    // What SDKs are pointed at, not what they make of it.
    for (const std::string_view endpoint : {"/completions", "/embeddings", "/responses"})
        if (path.ends_with(endpoint))
            return std::unexpected("must end before the endpoint: without `/chat/completions` and the like");
    url.path = path;
    return url;
}

}
