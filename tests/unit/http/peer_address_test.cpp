#include <tollgate/http/peer_address.hpp>
#include <tollgate/http/proxy_protocol.hpp>

#include <gtest/gtest.h>

namespace tollgate::http {
namespace {

address_set set_of(std::vector<std::string> networks) {
    auto set = address_set::parse(networks);
    EXPECT_TRUE(set.has_value());
    return set.value_or(address_set());
}

ip_address address(const char* text) { return boost::asio::ip::make_address(text); }

TEST(address_set, holds_what_its_networks_cover) {
    const address_set set = set_of({"10.0.0.0/8", "192.0.2.7", "172.16.0.0/12", "2001:db8::/33", "::1"});
    struct row {
        const char* text;
        bool inside;
    };
    const row rows[] = {
        {"10.255.255.255", true},
        {"11.0.0.0", false},
        {"192.0.2.7", true},
        {"192.0.2.6", false},
        {"172.31.255.255", true},
        {"172.32.0.0", false},
        {"2001:db8:7fff::1", true},
        {"2001:db8:8000::", false},
        {"::1", true},
        {"::2", false},
        {"::ffff:10.1.2.3", true},
        {"::ffff:12.1.2.3", false},
    };
    for (const row& r : rows) EXPECT_EQ(set.contains(address(r.text)), r.inside) << r.text;
    EXPECT_TRUE(set_of({"0.0.0.0/0"}).contains(address("203.0.113.1")));
    EXPECT_FALSE(set_of({"0.0.0.0/0"}).contains(address("::1")));
}

TEST(address_set, wrong_networks_are_named) {
    for (const std::string wrong : {"10.0.0.0/33", "10.0.0/8", "host", "10.0.0.0/", "10.0.0.0/-1", "::/129", ""}) {
        const std::vector<std::string> list{wrong};
        const auto set = address_set::parse(list);
        ASSERT_FALSE(set.has_value()) << wrong;
        EXPECT_NE(set.error().detail.find('"' + wrong + '"'), std::string::npos);
    }
}

TEST(forwarded_client, is_the_first_address_from_the_right_that_is_not_a_proxy) {
    const address_set trusted = set_of({"10.0.0.0/8"});
    struct row {
        std::vector<field> fields;
        const char* client;
    };
    const row rows[] = {
        {{}, "10.0.0.1"},
        {{{"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9"},
        {{{"X-Forwarded-For", "198.51.100.1, 203.0.113.9"}}, "203.0.113.9"},
        {{{"X-Forwarded-For", "198.51.100.1, 203.0.113.9, 10.0.0.2"}}, "203.0.113.9"},
        {{{"x-forwarded-for", "198.51.100.1"}, {"X-Forwarded-For", "10.0.0.2"}}, "198.51.100.1"},
        {{{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}, "10.0.0.3"},
        {{{"X-Forwarded-For", "203.0.113.9, nonsense"}}, "10.0.0.1"},
        {{{"X-Forwarded-For", "203.0.113.9:4711"}}, "203.0.113.9"},
        {{{"X-Forwarded-For", "[2001:db8::9]:4711"}}, "2001:db8::9"},
        {{{"X-Forwarded-For", "2001:db8::9"}}, "2001:db8::9"},
        {{{"X-Forwarded-For", "[2001:db8::9"}}, "10.0.0.1"},
    };
    for (const row& r : rows) EXPECT_EQ(forwarded_client(r.fields, address("10.0.0.1"), trusted), address(r.client));
}

using verdict = proxy_header::verdict;

TEST(proxy_header, version_1_is_read) {
    struct row {
        std::string_view text;
        verdict state;
        const char* client;
    };
    const row rows[] = {
        {"PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\nGET", verdict::complete, "192.0.2.1"},
        {"PROXY TCP6 2001:db8::1 ::1 5000 80\r\n", verdict::complete, "2001:db8::1"},
        {"PROXY UNKNOWN\r\n", verdict::complete, nullptr},
        {"PROXY UNKNOWN a b c d\r\n", verdict::complete, nullptr},
        {"PROXY TCP4 192.0.2.1", verdict::incomplete, nullptr},
        {"PRO", verdict::incomplete, nullptr},
        {"", verdict::incomplete, nullptr},
        {"PROXY TCP4 2001:db8::1 ::1 5000 80\r\n", verdict::fault, nullptr},
        {"PROXY TCP4 nonsense 192.0.2.2 5000 80\r\n", verdict::fault, nullptr},
        {"PROXY TCP4 192.0.2.1\r\n", verdict::fault, nullptr},
        {"PROXY SCTP a b c d\r\n", verdict::fault, nullptr},
        {"GET / HTTP/1.1\r\n", verdict::fault, nullptr},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.text);
        const proxy_header header = parse_proxy_header(r.text);
        EXPECT_EQ(header.state, r.state);
        EXPECT_EQ(header.client.has_value(), r.client != nullptr);
        if (r.client != nullptr && header.client) EXPECT_EQ(*header.client, address(r.client));
    }
    EXPECT_EQ(parse_proxy_header("PROXY " + std::string(101, 'x')).state, verdict::fault);
    EXPECT_EQ(parse_proxy_header("PROXY " + std::string(100, 'x')).state, verdict::incomplete);
}

std::string version_2(char command, char family, const std::string& addresses) {
    std::string text("\r\n\r\n\0\r\nQUIT\n", 12);
    text += command;
    text += family;
    text += static_cast<char>(addresses.size() >> 8);
    text += static_cast<char>(addresses.size() & 0xff);
    return text + addresses;
}

TEST(proxy_header, version_2_is_read) {
    const std::string four("\xc0\x00\x02\x01\xc0\x00\x02\x02\x13\x88\x00\x50", 12);
    const std::string tcp4 = version_2('\x21', '\x11', four);
    const proxy_header whole = parse_proxy_header(tcp4 + "GET");
    EXPECT_EQ(whole.state, verdict::complete);
    EXPECT_EQ(whole.bytes, tcp4.size());
    ASSERT_TRUE(whole.client.has_value());
    EXPECT_EQ(*whole.client, address("192.0.2.1"));
    for (std::size_t n = 0; n < tcp4.size(); ++n)
        EXPECT_EQ(parse_proxy_header(tcp4.substr(0, n)).state, verdict::incomplete) << n;

    const std::string extended = version_2('\x21', '\x11', four + std::string(40, 't'));
    EXPECT_EQ(parse_proxy_header(extended).bytes, extended.size());
    EXPECT_FALSE(parse_proxy_header(version_2('\x20', '\x00', "")).client.has_value());
    EXPECT_EQ(parse_proxy_header(version_2('\x20', '\x00', "")).state, verdict::complete);
    EXPECT_EQ(parse_proxy_header(version_2('\x21', '\x21', std::string(36, '\x01'))).state, verdict::complete);
    EXPECT_EQ(parse_proxy_header(version_2('\x21', '\x21', std::string(35, '\x01'))).state, verdict::fault);
    EXPECT_EQ(parse_proxy_header(version_2('\x21', '\x11', "short")).state, verdict::fault);
    EXPECT_EQ(parse_proxy_header(version_2('\x11', '\x11', four)).state, verdict::fault);
    EXPECT_EQ(parse_proxy_header(version_2('\x22', '\x11', four)).state, verdict::fault);
    EXPECT_EQ(parse_proxy_header(version_2('\x21', '\x11', std::string(2000, 'x'))).state, verdict::fault);
}

}
}
