#include <tollgate/core/limits.hpp>
#include <tollgate/http/proxy_protocol.hpp>

#include <algorithm>
#include <cstring>

namespace tollgate::http {
namespace {

namespace ip = boost::asio::ip;

constexpr std::string_view signature_v2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view signature_v1 = "PROXY ";
constexpr std::size_t line_bytes_max = 107;
constexpr std::size_t fixed_bytes_v2 = 16;

constexpr proxy_header fault{.state = proxy_header::verdict::fault, .bytes = 0, .client = {}};

proxy_header complete(std::size_t bytes, std::optional<ip_address> client) {
    return {.state = proxy_header::verdict::complete, .bytes = bytes, .client = client};
}

bool begins_like(std::string_view bytes, std::string_view signature) {
    const std::size_t n = std::min(bytes.size(), signature.size());
    return bytes.substr(0, n) == signature.substr(0, n);
}

std::string_view next_word(std::string_view& line) {
    const std::size_t blank = line.find(' ');
    const std::string_view word = line.substr(0, blank);
    line.remove_prefix(blank == line.npos ? line.size() : blank + 1);
    return word;
}

// "TCP4 192.0.2.1 192.0.2.2 5000 80"
proxy_header parse_v1(std::string_view bytes) {
    const std::size_t end = bytes.substr(0, line_bytes_max).find("\r\n");
    if (end == bytes.npos) return bytes.size() >= line_bytes_max ? fault : proxy_header{};
    std::string_view line = bytes.substr(signature_v1.size(), end - signature_v1.size());
    const std::string_view kind = next_word(line);
    if (kind == "UNKNOWN") return complete(end + 2, {});
    if (kind != "TCP4" && kind != "TCP6") return fault;
    boost::system::error_code ec;
    const ip_address client = ip::make_address(std::string(next_word(line)), ec);
    if (ec || client.is_v4() != (kind == "TCP4")) return fault;
    if (std::ranges::count(line, ' ') != 2) return fault;
    return complete(end + 2, plain_address(client));
}

template <class Bytes>
Bytes take(std::string_view from) {
    Bytes bytes{};
    std::memcpy(bytes.data(), from.data(), bytes.size());
    return bytes;
}

proxy_header parse_v2(std::string_view bytes) {
    if (bytes.size() < fixed_bytes_v2) return {};
    const auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
    const std::size_t total = fixed_bytes_v2 + (at(14) << 8 | at(15));
    if (at(12) >> 4 != 2 || (at(12) & 0xf) > 1 || total > limits::proxy_header_bytes_max) return fault;
    if (bytes.size() < total) return {};
    const bool local = (at(12) & 0xf) == 0;
    const std::string_view addresses = bytes.substr(fixed_bytes_v2, total - fixed_bytes_v2);
    const unsigned family = at(13) >> 4;
    if (local || (family != 1 && family != 2)) return complete(total, {});
    if (addresses.size() < (family == 1 ? 12U : 36U)) return fault;
    if (family == 1) return complete(total, ip_address(ip::address_v4(take<ip::address_v4::bytes_type>(addresses))));
    return complete(total, plain_address(ip_address(ip::address_v6(take<ip::address_v6::bytes_type>(addresses)))));
}

}

proxy_header parse_proxy_header(std::string_view bytes) {
    if (begins_like(bytes, signature_v2)) return parse_v2(bytes);
    if (begins_like(bytes, signature_v1)) return parse_v1(bytes);
    return fault;
}

}
