#include <tollgate/upstream/tls_contexts.hpp>

#include <tollgate/core/limits.hpp>

#include <openssl/ssl.h>

#include <vector>

namespace tollgate::upstream {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// Sessions of one provider, newest last. TLS 1.3 tickets are offered once: they are not for repeated use, and a
// resumed connection brings new ones. TLS 1.2 brings none.
class session_shelf {
public:
    session_shelf() = default;
    session_shelf(const session_shelf&) = delete;
    session_shelf& operator=(const session_shelf&) = delete;
    ~session_shelf() {
        for (SSL_SESSION* kept : sessions_) SSL_SESSION_free(kept);
    }

    // Keeps a copy: a connection that ends without close_notify marks the original as not resumable.
    void put(const SSL_SESSION* fresh) {
        SSL_SESSION* copy = SSL_SESSION_dup(fresh);
        if (copy == nullptr) return;
        const std::lock_guard lock(guard_);
        if (sessions_.size() == limits::tls_sessions_kept) {
            SSL_SESSION_free(sessions_.front());
            sessions_.erase(sessions_.begin());
        }
        sessions_.push_back(copy);
    }

    void offer_one(SSL* connection) {
        SSL_SESSION* newest = nullptr;
        {
            const std::lock_guard lock(guard_);
            if (sessions_.empty()) return;
            newest = sessions_.back();
            if (SSL_SESSION_get_protocol_version(newest) >= TLS1_3_VERSION)
                sessions_.pop_back();
            else
                newest = SSL_SESSION_dup(newest); // for the reason given at put()
        }
        if (newest != nullptr) SSL_set_session(connection, newest);
        SSL_SESSION_free(newest);
    }

private:
    std::mutex guard_;
    std::vector<SSL_SESSION*> sessions_;
};

// The shelf is declared first: the context, whose callbacks use it, goes first.
struct context_with_shelf {
    session_shelf shelf;
    ssl::context context{ssl::context::tls_client};
};

int shelf_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

session_shelf& shelf_of(const SSL* connection) {
    return *static_cast<session_shelf*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), shelf_index()));
}

int on_new_session(SSL* connection, SSL_SESSION* fresh) {
    shelf_of(connection).put(fresh);
    return 0; // the reference stays with OpenSSL
}

void on_progress(const SSL* connection, int where, int) {
    // Before ClientHello is built; OpenSSL hands out the connection as const, but allows this.
    if ((where & SSL_CB_HANDSHAKE_START) != 0 && SSL_get_session(connection) == nullptr)
        shelf_of(connection).offer_one(const_cast<SSL*>(connection));
}

void keep_sessions(context_with_shelf& made) {
    SSL_CTX* raw = made.context.native_handle();
    SSL_CTX_set_ex_data(raw, shelf_index(), &made.shelf);
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(raw, on_new_session);
    SSL_CTX_set_info_callback(raw, on_progress);
}

std::string identity_of(const provider& to) {
    std::string key = to.host + '\n' + std::to_string(to.port) + '\n' + to.ca_file + '\n';
    key.push_back(to.verify_tls ? 'v' : '-');
    return key;
}

result<std::shared_ptr<ssl::context>> make_context(const provider& to) {
    auto made = std::make_shared<context_with_shelf>();
    SSL_CTX* raw = made->context.native_handle();
    SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    constexpr unsigned char http_1_1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(raw, http_1_1, sizeof http_1_1);
    error_code ec;
    made->context.set_verify_mode(to.verify_tls ? ssl::verify_peer : ssl::verify_none, ec);
    if (!ec && to.ca_file.empty())
        made->context.set_default_verify_paths(ec);
    else if (!ec)
        made->context.load_verify_file(to.ca_file, ec);
    if (ec) return fail(errc::provider_unavailable, "the CA file of provider " + to.name + " can not be used");
    keep_sessions(*made);
    return std::shared_ptr<ssl::context>(made, &made->context);
}

}

result<std::shared_ptr<ssl::context>> tls_contexts::client_for(const provider& to) {
    const std::string key = identity_of(to);
    const std::lock_guard lock(guard_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    auto made = make_context(to);
    if (!made) return made;
    if (known_.size() >= limits::tls_contexts_max) known_.erase(known_.begin());
    known_.emplace(key, *made);
    return made;
}

}
