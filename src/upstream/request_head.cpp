#include <tollgate/upstream/request_head.hpp>

#include <tollgate/core/append.hpp>
#include <tollgate/core/eight_bytes.hpp>

namespace tollgate::upstream {

namespace {

bool breaks_lines(std::string_view text) {
    constexpr std::string_view breaks("\r\n\0", 3);
    return has_control(text) && text.find_first_of(breaks) != std::string_view::npos;
}

void append(std::string& out, std::string_view name, std::string_view value) {
    if (name.empty() || breaks_lines(name) || breaks_lines(value)) return;
    append_with(out, name.size() + value.size() + 4,
                [&](char* at) { return put(put(put(put(at, name), ": "), value), "\r\n"); });
}

void append_host(std::string& out, const provider& to) {
    const bool bare_ipv6 = to.host.find(':') != std::string::npos && to.host.front() != '[';
    out.append("host: ");
    if (bare_ipv6) out.push_back('[');
    out.append(to.host);
    if (bare_ipv6) out.push_back(']');
    if (to.port != (to.tls ? 443 : 80)) {
        out.push_back(':');
        append_number(out, to.port);
    }
    out.append("\r\n");
}

void append_credential(std::string& out, const provider& to) {
    if (to.credential.empty() || breaks_lines(to.credential)) return;
    switch (to.auth) {
    case auth_scheme::bearer: out.append("authorization: Bearer "); break;
    case auth_scheme::api_key_header: out.append("api-key: "); break;
    case auth_scheme::x_api_key_header: out.append("x-api-key: "); break;
    case auth_scheme::none: return;
    }
    out.append(to.credential).append("\r\n");
}

}

bool write_request_head(std::string& out, const ports::upstream_request& request, std::uint64_t body_bytes) {
    const provider& to = *request.to;
    out.clear();
    if (breaks_lines(request.path) || breaks_lines(request.method) || request.path.find(' ') != std::string_view::npos)
        return false;
    out.append(request.method).append(" ").append(to.path_prefix).append(request.path).append(" HTTP/1.1\r\n");
    append_host(out, to);
    append_credential(out, to);
    for (const auto& [name, value] : to.extra_headers) append(out, name, value);
    for (const field& f : request.fields) append(out, f.name, f.value);
    out.append("accept-encoding: identity\r\n");
    if (body_bytes != 0 || request.method == "POST") {
        out.append("content-length: ");
        append_number(out, static_cast<std::int64_t>(body_bytes));
        out.append("\r\n");
    }
    out.append("\r\n");
    return true;
}

}
