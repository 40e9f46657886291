#include "running_server.hpp"

#include <tollgate/http/tls.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <vector>

namespace tollgate::http {
namespace {

template <auto Free>
struct freer {
    template <class T>
    void operator()(T* one) const {
        Free(one);
    }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freer<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freer<X509_free>>;
using file_ptr = std::unique_ptr<std::FILE, freer<std::fclose>>;

key_ptr make_key() { return key_ptr(EVP_EC_gen("P-256")); }

certificate_ptr make_certificate(EVP_PKEY* key, long serial) {
    certificate_ptr made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key);
    X509_NAME* name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(made.get(), name);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(made.get(), names, -1);
    X509_EXTENSION_free(names);
    X509_sign(made.get(), key, EVP_sha256());
    return made;
}

// A folder with a certificate and its key, gone at the end.
class pair_of_files {
public:
    pair_of_files() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tollgate-tls-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        write(1);
    }
    ~pair_of_files() { std::filesystem::remove_all(folder_); }

    tls_files files() const { return {(folder_ / "chain.pem").string(), (folder_ / "key.pem").string()}; }
    void write(long serial) {
        const key_ptr key = make_key();
        write_certificate(key.get(), serial);
        const file_ptr file(std::fopen(files().private_key.c_str(), "w"));
        PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    }
    void write_certificate(EVP_PKEY* key, long serial) {
        const certificate_ptr certificate = make_certificate(key, serial);
        const file_ptr file(std::fopen(files().certificate_chain.c_str(), "w"));
        PEM_write_X509(file.get(), certificate.get());
    }

private:
    std::filesystem::path folder_;
};

// A blocking TLS client over raw_client's socket.
class tls_client {
public:
    struct wishes {
        int version_max = TLS1_3_VERSION;
        std::string protocols; // ALPN wire form
        SSL_SESSION* resume = nullptr;
    };
    explicit tls_client(std::uint16_t port) : tls_client(port, wishes()) {}
    tls_client(std::uint16_t port, const wishes& wanted) : tcp_(port), context_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_max_proto_version(context_.get(), wanted.version_max);
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
        SSL_CTX_set_security_level(context_.get(), 0);
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), tcp_.descriptor());
        if (wanted.resume != nullptr) SSL_set_session(ssl_.get(), wanted.resume);
        if (!wanted.protocols.empty())
            SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(wanted.protocols.data()),
                                static_cast<unsigned>(wanted.protocols.size()));
        connected_ = SSL_connect(ssl_.get()) == 1;
    }
    ~tls_client() { SSL_set_quiet_shutdown(ssl_.get(), 1); }

    bool connected() const { return connected_; }
    SSL* native() { return ssl_.get(); }
    raw_client& tcp() { return tcp_; }
    void send(std::string_view bytes) { SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())); }
    std::string read_to_end() {
        std::string all;
        std::array<char, 4096> bytes{};
        for (;;) {
            const int got = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
            if (got <= 0) break;
            all.append(bytes.data(), static_cast<std::size_t>(got));
        }
        return all;
    }
    bool ended_cleanly() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    long serial() {
        const certificate_ptr peer(SSL_get1_peer_certificate(ssl_.get()));
        return peer ? ASN1_INTEGER_get(X509_get_serialNumber(peer.get())) : -1;
    }

private:
    raw_client tcp_;
    std::unique_ptr<SSL_CTX, freer<SSL_CTX_free>> context_;
    std::unique_ptr<SSL, freer<SSL_free>> ssl_;
    bool connected_ = false;
};

task<> echo(ports::exchange& with) {
    const result<std::string_view> body = co_await with.read_body(8 << 20);
    co_await with.send(body ? 200 : 400, {}, body.value_or("?"));
}

struct tls_server : ::testing::Test {
    pair_of_files files;
    std::shared_ptr<tls_reloader> reloader = std::make_shared<tls_reloader>(files.files());

    server_options options() {
        server_options made = on_loopback();
        made.tls = [from = reloader] { return from->current(); };
        return made;
    }
};

constexpr std::string_view closing =
    "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";

TEST_F(tls_server, answers_and_says_goodbye) {
    running_server server(echo, options());
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        tls_client client(server.port(), {.version_max = version, .protocols = {}, .resume = nullptr});
        ASSERT_TRUE(client.connected());
        EXPECT_EQ(SSL_version(client.native()), version);
        client.send(closing);
        const std::string answer = client.read_to_end();
        EXPECT_EQ(status_of(answer), 200);
        EXPECT_EQ(body_of(answer), "hello");
        EXPECT_TRUE(client.ended_cleanly());
    }
}

TEST_F(tls_server, moves_large_bodies_both_ways) {
    running_server server(echo, options());
    std::string body;
    while (body.size() < 3'000'000) body += std::to_string(body.size());
    tls_client client(server.port());
    ASSERT_TRUE(client.connected());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n");
    client.send(body);
    EXPECT_EQ(body_of(client.read_to_end()), body);
}

TEST_F(tls_server, refuses_versions_before_1_2) {
    running_server server(echo, options());
    tls_client client(server.port(), {.version_max = TLS1_1_VERSION, .protocols = {}, .resume = nullptr});
    EXPECT_FALSE(client.connected());
}

TEST_F(tls_server, speaks_http_1_1_only) {
    running_server server(echo, options());
    tls_client both(server.port(),
                    {.version_max = TLS1_3_VERSION, .protocols = "\x02h2\x08http/1.1", .resume = nullptr});
    ASSERT_TRUE(both.connected());
    const unsigned char* chosen = nullptr;
    unsigned bytes = 0;
    SSL_get0_alpn_selected(both.native(), &chosen, &bytes);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), bytes), "http/1.1");
    tls_client h2(server.port(), {.version_max = TLS1_3_VERSION, .protocols = "\x02h2", .resume = nullptr});
    EXPECT_FALSE(h2.connected());
}

TEST_F(tls_server, resumes_sessions) {
    running_server server(echo, options());
    tls_client first(server.port(), {.version_max = TLS1_2_VERSION, .protocols = {}, .resume = nullptr});
    first.send(closing);
    first.read_to_end();
    const std::unique_ptr<SSL_SESSION, freer<SSL_SESSION_free>> session(SSL_get1_session(first.native()));
    tls_client second(server.port(), {.version_max = TLS1_2_VERSION, .protocols = {}, .resume = session.get()});
    ASSERT_TRUE(second.connected());
    EXPECT_EQ(SSL_session_reused(second.native()), 1);
}

TEST_F(tls_server, a_new_pair_serves_new_connections_and_a_broken_one_nobody) {
    running_server server(echo, options());
    const auto serial = [&] {
        tls_client client(server.port());
        return client.serial();
    };
    tls_client old(server.port());
    EXPECT_EQ(old.serial(), 1);
    files.write(2);
    EXPECT_EQ(serial(), 1);
    ASSERT_TRUE(reloader->reload().has_value());
    EXPECT_EQ(serial(), 2);
    old.send(closing);
    EXPECT_EQ(status_of(old.read_to_end()), 200);

    files.write_certificate(make_key().get(), 3); // another key's
    const result<void> mismatch = reloader->reload();
    ASSERT_FALSE(mismatch.has_value());
    EXPECT_FALSE(mismatch.error().detail.empty());
    EXPECT_EQ(serial(), 2);
    std::filesystem::remove(files.files().private_key);
    EXPECT_FALSE(reloader->reload().has_value());
    EXPECT_EQ(serial(), 2);
    EXPECT_THROW(tls_reloader(files.files()), std::runtime_error);
}

TEST_F(tls_server, a_handshake_that_does_not_come_ends) {
    server_options impatient = options();
    impatient.tls_handshake_ms_max = 60;
    running_server server(echo, impatient);
    raw_client silent(server.port());
    EXPECT_EQ(silent.read_to_end(), "");
    raw_client plain(server.port());
    plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(plain.read_to_end()), 0);
    EXPECT_TRUE(server.connections_fall_to(0));
}

TEST_F(tls_server, an_aborted_stream_has_no_goodbye) {
    running_server server(
        [](ports::exchange& with) -> task<> {
            const std::string_view piece = "half";
            co_await with.begin(200, {});
            co_await with.write({&piece, 1});
            with.abort();
        },
        options());
    tls_client client(server.port());
    client.send("GET / HTTP/1.0\r\n\r\n");
    client.read_to_end();
    EXPECT_FALSE(client.ended_cleanly());
}

TEST_F(tls_server, a_proxy_header_stands_before_the_handshake) {
    server_options behind = options();
    behind.proxy_protocol = true;
    behind.trusted_proxies = {"127.0.0.1"};
    std::string seen;
    running_server server(
        [&](ports::exchange& with) -> task<> {
            seen = with.peer();
            co_await with.send(200, {}, "");
        },
        behind);
    raw_client tcp(server.port());
    tcp.send("PROXY TCP4 203.0.113.5 192.0.2.2 5000 443\r\n");
    const std::unique_ptr<SSL_CTX, freer<SSL_CTX_free>> context(SSL_CTX_new(TLS_client_method()));
    const std::unique_ptr<SSL, freer<SSL_free>> ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), tcp.descriptor());
    ASSERT_EQ(SSL_connect(ssl.get()), 1);
    const std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
    char first = 0;
    EXPECT_EQ(SSL_read(ssl.get(), &first, 1), 1);
    EXPECT_EQ(seen, "203.0.113.5");
    SSL_set_quiet_shutdown(ssl.get(), 1);
}

}
}
