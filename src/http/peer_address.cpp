#include <tollgate/http/peer_address.hpp>

#include <algorithm>
#include <charconv>
#include <ranges>

namespace tollgate::http {
namespace {

namespace ip = boost::asio::ip;

template <class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
    const unsigned whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
    const unsigned rest = bits % 8;
    if (rest == 0) return true;
    const unsigned mask = 0xff00U >> rest;
    return ((a[whole] ^ b[whole]) & mask & 0xffU) == 0;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"; unspecified when it is none.
ip_address parse_forwarded(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('['))
        text = text.substr(1, text.find(']') == text.npos ? 0 : text.find(']') - 1);
    else if (std::ranges::count(text, ':') == 1)
        text = text.substr(0, text.find(':'));
    boost::system::error_code ec;
    const ip_address address = ip::make_address(std::string(text), ec);
    return ec ? ip_address() : plain_address(address);
}

}

ip_address plain_address(const ip_address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

result<address_set> address_set::parse(std::span<const std::string> networks) {
    address_set set;
    for (const std::string& text : networks) {
        const std::size_t slash = text.find('/');
        boost::system::error_code ec;
        const ip_address address = ip::make_address(text.substr(0, slash), ec);
        const unsigned bits_max = address.is_v4() ? 32 : 128;
        unsigned bits = bits_max;
        bool good = !ec;
        if (good && slash != std::string::npos) {
            const char* const end = text.data() + text.size();
            const auto read = std::from_chars(text.data() + slash + 1, end, bits);
            good = read.ec == std::errc{} && read.ptr == end && bits <= bits_max;
        }
        if (!good)
            return fail(errc::invalid_request, "\"" + text + "\" is not an address or a network such as 10.0.0.0/8");
        set.networks_.push_back({.address = address, .prefix_bits = bits});
    }
    return set;
}

bool address_set::contains(const ip_address& address) const {
    const ip_address plain = plain_address(address);
    return std::ranges::any_of(networks_, [&](const network& one) {
        if (one.address.is_v4() != plain.is_v4()) return false;
        return plain.is_v4() ? same_prefix(one.address.to_v4().to_bytes(), plain.to_v4().to_bytes(), one.prefix_bits)
                             : same_prefix(one.address.to_v6().to_bytes(), plain.to_v6().to_bytes(), one.prefix_bits);
    });
}

ip_address forwarded_client(std::span<const field> fields, const ip_address& peer, const address_set& trusted) {
    ip_address client = peer;
    for (const field& f : fields | std::views::reverse) {
        if (!same_name(f.name, "x-forwarded-for")) continue;
        std::string_view list = f.value;
        while (!list.empty()) {
            const std::size_t comma = list.rfind(',');
            const ip_address address = parse_forwarded(comma == list.npos ? list : list.substr(comma + 1));
            if (address.is_unspecified()) return client;
            client = address;
            if (!trusted.contains(address)) return client;
            list = comma == list.npos ? std::string_view() : list.substr(0, comma);
        }
    }
    return client;
}

}
