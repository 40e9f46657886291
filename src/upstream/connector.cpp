#include <tollgate/core/limits.hpp>
#include <tollgate/upstream/exchange.hpp>

#include <boost/asio/redirect_error.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tollgate::upstream {

namespace {

// A provider may think for minutes; networks forget silent connections before that.
constexpr int keepalive_after_s = 45, keepalive_every_s = 15;

void tune(tcp_socket& socket) {
    error_code ignored;
    socket.set_option(net::ip::tcp::no_delay(true), ignored);
    socket.set_option(net::socket_base::keep_alive(true), ignored);
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &keepalive_after_s, sizeof keepalive_after_s);
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPINTVL, &keepalive_every_s, sizeof keepalive_every_s);
}

std::string bare_host(const provider& to) {
    const bool bracketed = to.host.size() > 2 && to.host.front() == '[' && to.host.back() == ']';
    return bracketed ? to.host.substr(1, to.host.size() - 2) : to.host;
}

// One address after the other; each gets an equal share of the time that is left.
task<> try_addresses(connection& fresh, const provider& to, const addresses& all, dns_cache& names, std::int64_t end_us,
                     error_code& ec) {
    tcp_socket& socket = fresh.stream().socket();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::int64_t now = steady_now_us();
        fresh.set_deadline_us(now + (end_us - now) / static_cast<std::int64_t>(all.size() - i));
        const net::ip::tcp::endpoint peer(all[i], to.port);
        co_await socket.async_connect(peer, net::redirect_error(use_task, ec));
        if (fresh.cut() != cut_reason::none && !ec) ec = net::error::operation_aborted;
        if (!ec) break;
        fresh.stream().close();
        if (fresh.cut() == cut_reason::stop) break;
        names.failed(to.host, all[i]);
        if (i + 1 < all.size()) fresh.forgive_deadline();
    }
    fresh.set_deadline_us(end_us);
}

task<std::optional<error>> start_tls(connection& fresh, const provider& to, tls_contexts& contexts) {
    auto context = contexts.client_for(to);
    if (!context) co_return std::move(context.error());
    error_code ec;
    std::string host = bare_host(to);
    co_await fresh.stream().connect_tls(std::move(*context), std::move(host), ec);
    if (ec || fresh.cut() != cut_reason::none) co_return failure_of(fresh, ec, "starting TLS with the provider");
    co_return std::nullopt;
}

}

task<std::optional<error>> connector::connect(connection& fresh, const provider& to, stop_signal& stop,
                                              const patience& waits) {
    const std::int64_t end_us = waits.until(waits.connect_ms);
    const waiting scope(fresh, stop, end_us);
    tcp_socket& socket = fresh.stream().socket();

    steady_timer wake(socket.get_executor());
    fresh.wake_with(&wake);
    const addresses all = co_await names.find(to.host, wake);
    fresh.wake_with(nullptr);
    if (fresh.cut() != cut_reason::none) co_return failure_of(fresh, {}, "resolving the provider's name");
    if (all.empty()) co_return error{errc::provider_unavailable, "the provider's host name has no address"};

    error_code ec;
    co_await try_addresses(fresh, to, all, names, end_us, ec);
    if (ec) co_return failure_of(fresh, ec, "connecting to the provider");
    tune(socket);
    if (!to.tls) co_return std::nullopt;
    co_return co_await start_tls(fresh, to, contexts);
}

}
