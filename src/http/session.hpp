#pragma once

// One client connection: requests in, answers out, in order. session.cpp is its life, session_body.cpp the bodies it
// reads, session_answer.cpp the answers it writes.

#include "server_state.hpp"
#include "session_buffer.hpp"

#include <tollgate/http/head.hpp>
#include <tollgate/http/head_check.hpp>
#include <tollgate/runtime/net_stream.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::http {

class session final : public watched, public ports::exchange {
public:
    session(std::shared_ptr<server_state> server, tcp_socket socket, const ip_address& peer);
    ~session() override;

    task<> run();
    // The server is going: an idle connection ends, a busy one after its answer.
    void drain();
    // The exchange must end now: its I/O fails from here on.
    void force_stop();
    // The client sees the connection reset.
    void reset();

    std::size_t place = 0; // in server_state::sessions

    std::string_view method() const override { return head_.method; }
    std::string_view path() const override { return path_; }
    std::string_view query() const override { return query_; }
    std::span<const field> fields() const override { return head_.fields; }
    std::string_view peer() const override { return client_; }
    std::int64_t arrived_us() const override { return turn_.arrived_us; }
    task<result<std::string_view>> read_body(std::size_t bytes_max) override;
    std::optional<std::string_view> body_at_hand(std::size_t bytes_max) override;
    void drop_body() override;
    task<bool> send(int status, std::span<const field> fields, std::string_view body) override;
    task<bool> begin(int status, std::span<const field> fields) override;
    bool take_back() override;
    task<bool> write(std::span<const std::string_view> pieces) override;
    std::optional<bool> try_write(std::span<const std::string_view> pieces) override;
    task<bool> finish(std::span<const std::string_view> pieces) override;
    void abort() override;
    bool begun() const override { return turn_.begun; }
    bool half_closed() const override { return turn_.half_closed; }
    stop_signal& stop() override { return stop_; }

private:
    enum class waiting : std::uint8_t { nothing, idle, reading, writing, silence };
    enum class body_state : std::uint8_t { unread, complete, failed };

    // One request and its answer.
    struct turn {
        std::int64_t arrived_us = 0;
        body_state body = body_state::unread;
        bool answered = false;  // wholly, or given up
        bool streaming = false; // begin was called
        bool begun = false;     // a byte of the answer may have left
        bool aborted = false;
        bool close = false; // the connection ends behind this answer
        bool half_closed = false;
        bool bodiless = false; // the answer is a head only
        bool events = false;   // a stream of events, kept awake
        bool between_events = true;
        bool chunk_unsent = false; // gather_ is what the kernel did not take of one
        answer_head::framing framing = answer_head::framing::length;
    };

    // life
    task<bool> open();
    task<bool> read_proxy_header();
    task<bool> read_head();
    task<bool> serve_one();
    task<> answer_bug();
    task<> refuse_head(error why);
    task<> refuse(error why);
    task<> end();
    void start_turn();
    void end_turn();
    head_fault understand();
    void learn_client();
    void close_now();
    void wait_for(waiting what, std::uint32_t ms);
    void wait_over();
    void on_deadline() override;
    void on_peer_gone() override { stop_.fire(); }
    void on_peer_half_closed() override { turn_.half_closed = true; }

    // bodies
    std::size_t held_of_body() const { return buffer_.bytes().size() - head_bytes_; }
    bool may_skip_body() const;
    task<bool> fill_buffer(error_code& ec);
    task<result<std::string_view>> read_whole_body(std::size_t bytes_max);
    task<result<std::string_view>> read_sized_body();
    task<result<std::string_view>> read_chunked_body(std::size_t bytes_max);
    task<bool> say_continue();
    error body_failure(const error_code& ec) const;
    task<bool> skip_body();
    task<> linger();

    // answers
    bool must_close() const;
    void put_head(int status, std::span<const field> fields, std::size_t body_bytes);
    bool gather_chunk(std::span<const std::string_view> pieces);
    std::optional<bool> deliver_now();
    task<bool> deliver();
    void watch_silence();
    void break_silence();
    task<bool> deliver_rest();
    void forget_head();

    std::shared_ptr<server_state> server_;
    net_stream stream_;
    ip_address peer_;
    std::string client_; // peer_, or whom a trusted proxy speaks for
    session_buffer buffer_;
    std::string read_ahead_; // bytes behind a chunked body
    request_head head_;
    head_facts facts_;
    std::string_view path_, query_;
    std::size_t head_bytes_ = 0;
    std::size_t body_bytes_held_ = 0; // of the body, in buffer_
    std::unique_ptr<char[]> body_;
    std::string_view body_view_;
    turn turn_;
    stop_signal stop_;
    std::string out_; // heads on their way out
    std::vector<net::const_buffer> gather_;
    char chunk_line_[24]{};
    waiting waiting_ = waiting::nothing;
    bool timed_out_ = false;
    bool fresh_ = true; // no request yet
    bool client_is_peer_ = true;
};

}
