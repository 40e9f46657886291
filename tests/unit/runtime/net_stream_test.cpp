#include <tollgate/runtime/net_stream.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <gtest/gtest.h>
#include <optional>
#include <string>

namespace tollgate {
namespace {

struct self_signed {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();

    explicit self_signed(const char* names) {
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
        X509_sign(certificate, key, EVP_sha256());
    }
    ~self_signed() {
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
};

using context_ptr = std::shared_ptr<net::ssl::context>;

// Two streams connected to each other, in one thread.
struct two_streams : ::testing::Test {
    net::io_context io{1};
    std::optional<net_stream> near, far;

    void SetUp() override {
        tcp_acceptor acceptor(io.get_executor(), {net::ip::make_address("127.0.0.1"), 0});
        tcp_socket client(io.get_executor());
        client.connect(acceptor.local_endpoint());
        near.emplace(std::move(client));
        far.emplace(acceptor.accept());
    }

    void spawn(task<> work) {
        net::co_spawn(io, std::move(work), [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
    }
    void run() {
        io.restart();
        io.run_for(std::chrono::seconds(20));
        EXPECT_TRUE(io.stopped()) << "something still waits";
    }

    static context_ptr server_context(const self_signed& own) {
        auto context = std::make_shared<net::ssl::context>(net::ssl::context::tls_server);
        SSL_CTX_use_certificate(context->native_handle(), own.certificate);
        SSL_CTX_use_PrivateKey(context->native_handle(), own.key);
        return context;
    }
    static context_ptr client_context(const self_signed* trusted) {
        auto context = std::make_shared<net::ssl::context>(net::ssl::context::tls_client);
        context->set_verify_mode(net::ssl::verify_peer);
        if (trusted != nullptr)
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context->native_handle()), trusted->certificate);
        return context;
    }
    // Whether the handshake succeeded on the client's side.
    bool shake_hands(context_ptr client, context_ptr server, std::string name) {
        error_code near_ec, far_ec;
        spawn([](net_stream& on, context_ptr with, std::string to, error_code& ec) -> task<> {
            co_await on.connect_tls(with, to, ec);
            if (ec) on.close();
        }(*near, client, name, near_ec));
        spawn(far->accept_tls(server, far_ec));
        run();
        return !near_ec;
    }
};

task<> read_all(net_stream& from, std::string& into, error_code& ec) {
    std::array<char, 1000> bytes;
    while (!ec) into.append(bytes.data(), co_await from.read_some(net::buffer(bytes), ec));
}

task<> write_and_shut(net_stream& to, const std::vector<net::const_buffer>& all, error_code& ec) {
    co_await to.write(all, ec);
    co_await to.shutdown();
}

void expect_transfer(two_streams& on, std::size_t bytes) {
    std::string part;
    while (part.size() < bytes) part += std::to_string(part.size());
    std::vector<net::const_buffer> all;
    std::string expected;
    for (int i = 0; i < 100; ++i) { // more than one call's worth of pieces
        all.push_back(net::buffer(part));
        expected += part;
    }
    std::string received;
    error_code written, read;
    on.spawn(write_and_shut(*on.near, all, written));
    on.spawn(read_all(*on.far, received, read));
    on.run();
    EXPECT_FALSE(written) << written.message();
    EXPECT_EQ(read, net::error::eof);
    EXPECT_TRUE(received == expected);
}

TEST_F(two_streams, everything_written_arrives_and_then_the_end) { expect_transfer(*this, 100'000); }

TEST_F(two_streams, everything_written_arrives_over_tls) {
    const self_signed own("DNS:localhost");
    ASSERT_TRUE(shake_hands(client_context(&own), server_context(own), "localhost"));
    EXPECT_TRUE(near->tls());
    expect_transfer(*this, 100'000);
}

TEST_F(two_streams, small_pieces_over_tls_arrive) {
    const self_signed own("DNS:localhost");
    ASSERT_TRUE(shake_hands(client_context(&own), server_context(own), "localhost"));
    expect_transfer(*this, 3);
}

TEST_F(two_streams, an_address_is_verified_too) {
    const self_signed own("IP:127.0.0.1");
    EXPECT_TRUE(shake_hands(client_context(&own), server_context(own), "127.0.0.1"));
}

TEST_F(two_streams, another_name_is_refused) {
    const self_signed own("DNS:localhost");
    EXPECT_FALSE(shake_hands(client_context(&own), server_context(own), "example.test"));
}

TEST_F(two_streams, another_address_is_refused) {
    const self_signed own("IP:127.0.0.2");
    EXPECT_FALSE(shake_hands(client_context(&own), server_context(own), "127.0.0.1"));
}

TEST_F(two_streams, an_unknown_issuer_is_refused) {
    const self_signed own("DNS:localhost");
    EXPECT_FALSE(shake_hands(client_context(nullptr), server_context(own), "localhost"));
}

TEST_F(two_streams, a_cut_without_goodbye_is_seen_as_one) {
    const self_signed own("DNS:localhost");
    ASSERT_TRUE(shake_hands(client_context(&own), server_context(own), "localhost"));
    near->socket().shutdown(tcp_socket::shutdown_send);
    std::string received;
    error_code ec;
    spawn(read_all(*far, received, ec));
    run();
    EXPECT_EQ(ec, net::ssl::error::stream_truncated);
}

TEST_F(two_streams, close_makes_a_pending_read_fail) {
    std::string received;
    error_code ec;
    spawn(read_all(*far, received, ec));
    io.poll();
    EXPECT_FALSE(ec);
    far->close();
    far->close();
    EXPECT_EQ(far->descriptor(), -1);
    run();
    EXPECT_EQ(ec, net::error::operation_aborted);
}

TEST_F(two_streams, a_write_to_a_closed_stream_fails) {
    near->close();
    const net::const_buffer piece = net::buffer("x", 1);
    error_code ec;
    EXPECT_EQ(near->try_write({&piece, 1}, ec), 0U);
    EXPECT_EQ(ec, net::error::bad_descriptor);
}

TEST_F(two_streams, what_the_kernel_does_not_take_is_left) {
    const std::string much(50'000'000, 'x');
    const net::const_buffer piece = net::buffer(much);
    error_code ec;
    const std::size_t taken = near->try_write({&piece, 1}, ec);
    EXPECT_EQ(ec, net::error::would_block);
    EXPECT_GT(taken, 0U);
    EXPECT_LT(taken, much.size());
}

// Takes what comes with try_read and wait_readable alone.
task<> read_by_turns(net_stream& from, std::string& into, int& waits, error_code& ec) {
    std::array<char, 1000> bytes;
    while (!ec || ec == net::error::would_block) {
        if (ec || !from.has_pending()) {
            ++waits;
            co_await from.wait_readable(ec);
        }
        if (!ec) into.append(bytes.data(), from.try_read(net::buffer(bytes), ec));
    }
}

TEST_F(two_streams, nothing_to_read_is_said_at_once_and_waited_for) {
    std::array<char, 10> bytes;
    error_code ec, written, read;
    EXPECT_EQ(near->try_read(net::buffer(bytes), ec), 0U);
    EXPECT_EQ(ec, net::error::would_block);
    std::string received;
    int waits = 0;
    spawn(read_by_turns(*near, received, waits, read));
    io.poll();
    EXPECT_EQ(waits, 1);
    const std::vector<net::const_buffer> all{net::buffer("hello", 5)};
    spawn(write_and_shut(*far, all, written));
    run();
    EXPECT_EQ(received, "hello");
    EXPECT_EQ(read, net::error::eof);
}

TEST_F(two_streams, taking_turns_loses_nothing_over_tls) {
    const self_signed own("DNS:localhost");
    ASSERT_TRUE(shake_hands(client_context(&own), server_context(own), "localhost"));
    const std::string much(300'000, 'x');
    const std::vector<net::const_buffer> all{net::buffer(much)};
    std::string received;
    int waits = 0;
    error_code written, read;
    spawn(read_by_turns(*far, received, waits, read));
    spawn(write_and_shut(*near, all, written));
    run();
    EXPECT_EQ(received.size(), much.size());
    EXPECT_EQ(read, net::error::eof);
}

TEST_F(two_streams, close_makes_a_wait_fail_and_a_read_after_it) {
    std::string received;
    int waits = 0;
    error_code ec;
    spawn(read_by_turns(*far, received, waits, ec));
    io.poll();
    far->close();
    run();
    EXPECT_EQ(ec, net::error::operation_aborted);
    std::array<char, 10> bytes;
    EXPECT_EQ(far->try_read(net::buffer(bytes), ec), 0U);
    EXPECT_EQ(ec, net::error::operation_aborted);
}

TEST_F(two_streams, reset_is_seen_as_a_reset) {
    near->reset();
    std::string received;
    error_code ec;
    spawn(read_all(*far, received, ec));
    run();
    EXPECT_EQ(ec, net::error::connection_reset);
}

}
}
