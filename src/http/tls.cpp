#include <tollgate/http/tls.hpp>

#include <boost/asio/ssl/context.hpp>
#include <openssl/ssl.h>

#include <stdexcept>
#include <string_view>

namespace tollgate::http {
namespace {

namespace ssl = boost::asio::ssl;
using context_ptr = std::shared_ptr<ssl::context>;

constexpr std::string_view only_protocol("\x08http/1.1", 9);

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes, const unsigned char* offered,
                    unsigned int offered_bytes, void*) {
    const auto* own = reinterpret_cast<const unsigned char*>(only_protocol.data());
    unsigned char* match = nullptr;
    const int outcome = SSL_select_next_proto(&match, chosen_bytes, own, static_cast<unsigned>(only_protocol.size()),
                                              offered, offered_bytes);
    *chosen = match;
    return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::unexpected<error> broken(const char* what, const std::string& file, const boost::system::error_code& ec) {
    return fail(errc::internal_error, std::string(what) + " " + file + ": " + ec.message());
}

result<context_ptr> load(const tls_files& files) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX* const native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    // Tickets resume without a cache here: a cache would hold every client's session.
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);

    boost::system::error_code ec;
    context->use_certificate_chain_file(files.certificate_chain, ec);
    if (ec) return broken("certificate", files.certificate_chain, ec);
    context->use_private_key_file(files.private_key, ssl::context::pem, ec);
    if (ec) return broken("private key", files.private_key, ec);
    if (SSL_CTX_check_private_key(native) != 1)
        return fail(errc::internal_error, "the private key does not belong to " + files.certificate_chain);
    return context;
}

}

tls_reloader::tls_reloader(tls_files files) : files_(std::move(files)) {
    const result<void> loaded = reload();
    if (!loaded) throw std::runtime_error(loaded.error().detail);
}

result<void> tls_reloader::reload() {
    result<context_ptr> fresh = load(files_);
    if (!fresh) return std::unexpected(fresh.error());
    const std::lock_guard lock(mutex_);
    current_.swap(*fresh);
    return {};
}

std::shared_ptr<ssl::context> tls_reloader::current() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

}
