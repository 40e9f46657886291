#include "server_state.hpp"
#include "session.hpp"

#include <tollgate/openai/error_body.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/socket_base.hpp>

#include <cstdio>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>

namespace tollgate::http {
namespace {

std::string make_overload_answer(std::string_view date) {
    refusal why;
    why.code = errc::overloaded;
    const openai::error_answer answer = openai::to_answer(why, {});
    std::vector<field> fields{{"content-type", "application/json"}};
    for (const auto& [name, value] : answer.fields) fields.push_back({name, value});
    answer_head head;
    head.date = date;
    head.status = answer.status;
    head.fields = fields;
    head.body_bytes = answer.body.size();
    head.close = true;
    std::string text;
    append_head(text, head);
    return text + answer.body;
}

task<> run_session(std::unique_ptr<session> one) { co_await one->run(); }

void turn_away(tcp_socket socket, const server_state& server) {
    net_stream stream(std::move(socket));
    if (server.options.tls) return;
    const net::const_buffer answer = net::buffer(server.overload_answer);
    error_code ignored;
    stream.try_write({&answer, 1}, ignored);
    stream.socket().shutdown(tcp_socket::shutdown_send, ignored);
}

task<> accept_all(std::shared_ptr<server_state> server) {
    steady_timer pause(server->io);
    while (server->acceptor.is_open()) {
        error_code ec;
        net::ip::tcp::endpoint peer;
        tcp_socket socket = co_await server->acceptor.async_accept(peer, net::redirect_error(use_task, ec));
        if (ec == net::error::no_descriptors || ec == net::error::no_memory || ec == net::error::no_buffer_space) {
            pause.expires_after(std::chrono::milliseconds(limits::accept_pause_ms));
            co_await pause.async_wait(net::redirect_error(use_task, ec));
            continue;
        }
        if (ec) continue; // the client gave up meanwhile, or the acceptor was closed
        if (server->sessions.size() >= server->options.connections_max) {
            turn_away(std::move(socket), *server);
            continue;
        }
        auto one = std::make_unique<session>(server, std::move(socket), peer.address());
        net::co_spawn(server->io, run_session(std::move(one)), [server](std::exception_ptr failure) {
            if (failure) server->report_bug("an exception left a connection");
        });
    }
}

}

server_state::server_state(executor on, ticker& watch, server_options given, handler answer)
    : io(on), tick(&watch), options(std::move(given)), handle(std::move(answer)), acceptor(on), empty(on) {
    result<address_set> proxies = address_set::parse(options.trusted_proxies);
    if (!proxies) throw std::runtime_error("server.trusted_proxies: " + proxies.error().detail);
    trusted = std::move(*proxies);
    overload_answer = make_overload_answer(date.now());
}

void server_state::enter(session& one) {
    one.place = sessions.size();
    sessions.push_back(&one);
    if (tick != nullptr) tick->add(one);
}

void server_state::leave(session& one) {
    sessions[one.place] = sessions.back();
    sessions[one.place]->place = one.place;
    sessions.pop_back();
    if (sessions.empty()) empty.cancel();
}

void server_state::report_bug(std::string_view what) const {
    if (options.on_bug) return options.on_bug(what);
    std::fprintf(stderr, "tollgate: bug: %.*s\n", static_cast<int>(what.size()), what.data());
}

server::server(executor on, ticker& tick, server_options options, handler handle)
    : state_(std::make_shared<server_state>(on, tick, std::move(options), std::move(handle))) {}

server::~server() {
    stop_accepting();
    state_->draining = true;
    state_->tick = nullptr;
    for (session* one : state_->sessions) one->drain();
}

namespace {

std::string text_of(const net::ip::tcp::endpoint& where) {
    std::ostringstream out;
    out << where;
    return out.str();
}

}

std::uint16_t server::listen() {
    tcp_acceptor& acceptor = state_->acceptor;
    const net::ip::tcp::endpoint& endpoint = state_->options.endpoint;
    acceptor.open(endpoint.protocol());
    acceptor.set_option(net::socket_base::reuse_address(true));
    using reuse_port = net::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    if (state_->options.reuse_port) acceptor.set_option(reuse_port(true));
    // Accepted sockets inherit both.
    acceptor.set_option(net::ip::tcp::no_delay(true));
    acceptor.set_option(net::socket_base::keep_alive(true));
    boost::system::error_code ec;
    acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(limits::listen_backlog_max, ec);
    if (ec) throw std::runtime_error("cannot listen on " + text_of(endpoint) + ": " + ec.message());
    net::co_spawn(state_->io, accept_all(state_), [state = state_](std::exception_ptr failure) {
        if (failure) state->report_bug("an exception ended the listener");
    });
    return acceptor.local_endpoint().port();
}

void server::stop_accepting() {
    error_code ignored;
    state_->acceptor.close(ignored);
}

task<> server::drain(std::uint32_t grace_ms) {
    stop_accepting();
    state_->draining = true;
    for (session* one : state_->sessions) one->drain();
    error_code ec;
    state_->empty.expires_after(std::chrono::milliseconds(grace_ms));
    if (!state_->sessions.empty()) co_await state_->empty.async_wait(net::redirect_error(use_task, ec));
    for (session* one : state_->sessions) one->force_stop();
    state_->empty.expires_at(steady_timer::time_point::max());
    while (!state_->sessions.empty()) co_await state_->empty.async_wait(net::redirect_error(use_task, ec));
}

std::size_t server::connections() const { return state_->sessions.size(); }

}
