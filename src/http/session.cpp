#include "session.hpp"

#include <tollgate/core/free_text.hpp>
#include <tollgate/http/proxy_protocol.hpp>
#include <tollgate/openai/error_body.hpp>

#include <boost/asio/redirect_error.hpp>

#include <array>
#include <exception>
#include <sys/socket.h>

namespace tollgate::http {

session::session(std::shared_ptr<server_state> server, tcp_socket socket, const ip_address& peer)
    : server_(std::move(server)), stream_(std::move(socket)), peer_(plain_address(peer)), client_(peer_.to_string()) {
    server_->enter(*this);
}

session::~session() { server_->leave(*this); }

task<> session::run() {
    bool more = co_await open();
    while (more) {
        more = co_await read_head();
        if (more) more = co_await serve_one();
        end_turn();
    }
    co_await end();
}

task<bool> session::open() {
    if (server_->options.proxy_protocol && server_->trusted.contains(peer_)) {
        const bool good = co_await read_proxy_header();
        if (!good) {
            close_now();
            co_return false;
        }
    }
    if (!server_->options.tls) co_return true;
    error_code ec;
    wait_for(waiting::reading, server_->options.tls_handshake_ms_max);
    std::shared_ptr<net::ssl::context> context = server_->options.tls();
    co_await stream_.accept_tls(std::move(context), ec);
    wait_over();
    if (ec) close_now();
    co_return !ec;
}

// Takes not a byte more than the header: what follows may be TLS, which reads from the descriptor itself.
task<bool> session::read_proxy_header() {
    std::array<char, limits::proxy_header_bytes_max> bytes;
    std::size_t held = 0;
    wait_for(waiting::reading, server_->options.head_ms_max);
    for (;;) {
        error_code ec;
        co_await stream_.socket().async_wait(tcp_socket::wait_read, net::redirect_error(use_task, ec));
        if (ec || !stream_.is_open()) co_return false;
        char* const end = bytes.data() + held;
        const auto peeked = ::recv(stream_.descriptor(), end, bytes.size() - held, MSG_PEEK | MSG_DONTWAIT);
        if (peeked <= 0) co_return false;
        const auto seen = held + static_cast<std::size_t>(peeked);
        const proxy_header header = parse_proxy_header({bytes.data(), seen});
        const bool complete = header.state == proxy_header::verdict::complete;
        if (header.state == proxy_header::verdict::fault || (!complete && seen == bytes.size())) co_return false;
        const std::size_t wanted = (complete ? header.bytes : seen) - held;
        if (::recv(stream_.descriptor(), end, wanted, MSG_DONTWAIT) != static_cast<ssize_t>(wanted)) co_return false;
        held += wanted;
        if (!complete) continue;
        wait_over();
        if (header.client) peer_ = *header.client;
        client_ = peer_.to_string();
        co_return true;
    }
}

// True: a whole head stands at the front of the buffer.
task<bool> session::read_head() {
    const std::size_t head_bytes_max = server_->options.head_bytes_max;
    head_boundary boundary;
    bool started = false; // a byte of this request has come
    for (;;) {
        while (!started && buffer_.bytes().starts_with("\r\n"))
            buffer_.used(2); // left over behind an old client's body
        const std::string_view bytes = buffer_.bytes();
        const head_boundary::verdict seen = boundary.look(bytes);
        head_bytes_ = boundary.bytes();
        head_fault fault = head_fault::none;
        if (seen == head_boundary::verdict::fault) fault = head_fault::line_end;
        const bool full = seen == head_boundary::verdict::incomplete && !buffer_.make_room(head_bytes_max);
        if (full || head_bytes_ > head_bytes_max) fault = head_fault::too_large;
        if (fault != head_fault::none) {
            start_turn();
            co_await refuse_head(explain(fault));
            co_return false;
        }
        if (seen == head_boundary::verdict::complete) {
            wait_over();
            fresh_ = false;
            co_return true;
        }
        if (bytes.empty()) {
            if (server_->draining) co_return false;
            buffer_.shrink();
            wait_for(waiting::idle, fresh_ ? server_->options.head_ms_max : server_->options.idle_ms_max);
        } else if (!started) {
            started = true;
            wait_for(waiting::reading, server_->options.head_ms_max);
        }
        error_code ec;
        const std::span<char> room = buffer_.room();
        const std::size_t got = co_await stream_.read_some(net::buffer(room.data(), room.size()), ec);
        buffer_.filled(got);
        if (!ec) continue;
        const bool late = timed_out_ && !buffer_.empty();
        wait_over();
        if (late)
            co_await refuse({errc::request_timeout, "The request head did not arrive in time."});
        else if (ec != net::error::eof && ec != net::error::operation_aborted)
            close_now();
        co_return false;
    }
}

// True: the connection can take another request.
task<bool> session::serve_one() {
    start_turn();
    const head_fault fault = understand();
    if (fault != head_fault::none) {
        co_await refuse_head(explain(fault));
        co_return false;
    }
    learn_client();
    watch_peer(stream_.descriptor());
    bool failed = false;
    try {
        co_await server_->handle(*this);
    } catch (const std::exception& bug) {
        failed = true;
        server_->report_bug(bug.what());
    } catch (...) {
        failed = true;
        server_->report_bug("an exception of unknown type left the handler");
    }
    if (!failed && !turn_.answered && !turn_.aborted && !stop_.fired())
        server_->report_bug("the handler returned without an answer");
    if (!turn_.answered && !turn_.aborted && !stop_.fired()) co_await answer_bug();
    watch_peer(-1);
    if (!turn_.answered || turn_.aborted || turn_.close || stop_.fired()) co_return false;
    if (turn_.body == body_state::complete) co_return true;
    co_return co_await skip_body();
}

task<> session::answer_bug() {
    if (turn_.streaming)
        abort();
    else
        co_await refuse({errc::internal_error, {}});
}

head_fault session::understand() {
    const head_fault text = parse_head(buffer_.bytes().substr(0, head_bytes_), head_);
    if (text != head_fault::none) return text;
    const auto facts = check_head(head_);
    if (!facts) return facts.error();
    facts_ = *facts;
    const std::size_t mark = head_.target.find('?');
    path_ = head_.target.substr(0, mark);
    query_ = mark == head_.target.npos ? std::string_view() : head_.target.substr(mark + 1);
    return head_fault::none;
}

void session::learn_client() {
    if (server_->trusted.empty() || !server_->trusted.contains(peer_)) return;
    const ip_address client = forwarded_client(head_.fields, peer_, server_->trusted);
    if (client == peer_ && client_is_peer_) return;
    client_is_peer_ = client == peer_;
    client_ = client.to_string();
}

// Whatever stands behind the fault is not looked at.
task<> session::refuse_head(error why) {
    turn_.body = body_state::failed;
    co_await refuse(std::move(why));
}

task<> session::refuse(error why) {
    refusal what;
    what.code = why.code;
    what.message = std::move(why.detail);
    const std::string id = server_->options.make_request_id ? server_->options.make_request_id() : std::string();
    const openai::error_answer answer = openai::to_answer(what, id);
    std::vector<field> fields{{"content-type", "application/json"}};
    if (!id.empty()) fields.push_back({"x-request-id", id});
    for (const auto& [name, value] : answer.fields) fields.push_back({name, value});
    co_await send(answer.status, fields, answer.body);
}

task<> session::end() {
    if (!stream_.is_open()) co_return;
    if (turn_.aborted && turn_.framing == answer_head::framing::until_close)
        stream_.reset();
    else if (!turn_.aborted && !stop_.fired()) {
        wait_for(waiting::reading, server_->options.linger_ms_max);
        co_await stream_.shutdown();
        // Closing with unread bytes sends a reset, which can overtake the answer.
        const bool unread = turn_.body != body_state::complete && facts_.body != head_facts::framing::none;
        if (unread || turn_.body == body_state::failed || !buffer_.empty()) co_await linger();
    }
    close_now();
}

void session::start_turn() {
    turn_ = {.arrived_us = steady_now_us()};
    stop_ = {};
    facts_ = {};
    head_.method = {};
    head_.minor = 1;
    head_.fields.clear();
}

void session::end_turn() {
    if (head_bytes_ > 0 && !buffer_.empty())
        buffer_.used(std::min(head_bytes_ + body_bytes_held_, buffer_.bytes().size()));
    head_bytes_ = 0;
    drop_body();
    body_bytes_held_ = 0;
    if (!read_ahead_.empty() && buffer_.empty()) {
        buffer_.restore(read_ahead_);
        free_text(read_ahead_);
    }
    if (out_.capacity() > limits::session_buffer_bytes) free_text(out_);
}

void session::drain() {
    if (waiting_ != waiting::idle) return;
    error_code ignored;
    stream_.socket().cancel(ignored);
}

void session::force_stop() {
    stop_.fire();
    close_now();
}

void session::close_now() {
    watch_peer(-1);
    clear_deadline();
    stream_.close();
}

void session::wait_for(waiting what, std::uint32_t ms) {
    waiting_ = what;
    timed_out_ = false;
    set_deadline_in_ms(ms);
}

void session::wait_over() {
    waiting_ = waiting::nothing;
    clear_deadline();
}

void session::on_deadline() {
    if (waiting_ == waiting::silence) return break_silence();
    timed_out_ = true;
    // A client that does not read would keep the bytes in the kernel for many minutes after a close.
    if (waiting_ == waiting::writing) {
        watch_peer(-1);
        return stream_.reset();
    }
    error_code ignored;
    stream_.socket().cancel(ignored); // the flow may still want to answer
}

}
