#include "session.hpp"

#include <tollgate/core/free_text.hpp>
#include <tollgate/http/reset.hpp>

#include <algorithm>
#include <charconv>

namespace tollgate::http {

namespace {

constexpr std::string_view comment = ": keep-alive\n\n", comment_chunk = "e\r\n: keep-alive\n\n\r\n";
static_assert(comment.size() == 0xe);

bool is_event_stream(std::span<const field> fields) {
    constexpr std::string_view type = "text/event-stream";
    return same_name(find_field(fields, "content-type").value_or("").substr(0, type.size()), type);
}

// A comment may stand between events only. A large event may come in several pieces.
bool ends_event(std::string_view piece) { return piece.ends_with("\n\n") || piece.ends_with("\n\r\n"); }

}

bool session::must_close() const {
    return !facts_.keep_alive || server_->draining || turn_.body == body_state::failed ||
           (turn_.body == body_state::unread && !may_skip_body());
}

void session::put_head(int status, std::span<const field> fields, std::size_t body_bytes) {
    turn_.bodiless = head_.method == "HEAD" || !may_have_body(status);
    if (!may_have_body(status)) turn_.framing = answer_head::framing::none;
    turn_.close = must_close() || turn_.framing == answer_head::framing::until_close;
    const answer_head head{.status = status,
                           .fields = fields,
                           .body = turn_.framing,
                           .body_bytes = body_bytes,
                           .close = turn_.close,
                           .name_keep_alive = head_.minor == 0,
                           .date = server_->date.now()};
    append_head(out_, head);
}

task<bool> session::send(int status, std::span<const field> fields, std::string_view body) {
    TG_ASSERT(!turn_.answered && !turn_.streaming);
    turn_.answered = true;
    if (stop_.fired()) co_return false;
    put_head(status, fields, body.size());
    gather_.clear();
    gather_.push_back(net::buffer(out_));
    if (!turn_.bodiless && !body.empty()) gather_.push_back(net::buffer(body));
    if (const auto sent = deliver_now()) co_return *sent;
    co_return co_await deliver_rest();
}

task<bool> session::begin(int status, std::span<const field> fields) {
    TG_ASSERT(!turn_.answered && !turn_.streaming);
    turn_.streaming = true;
    turn_.framing = head_.minor == 0 ? answer_head::framing::until_close : answer_head::framing::chunked;
    put_head(status, fields, 0);
    turn_.events = server_->options.silence_ms > 0 && !turn_.bodiless && is_event_stream(fields);
    watch_silence();
    co_return !stop_.fired();
}

bool session::take_back() {
    if (!turn_.streaming || turn_.answered || turn_.begun || stop_.fired()) return false;
    if (waiting_ == waiting::silence) wait_over();
    out_.clear();
    turn_.streaming = turn_.events = false;
    turn_.framing = turn{}.framing;
    return true;
}

// True: there is something to send.
bool session::gather_chunk(std::span<const std::string_view> pieces) {
    gather_.clear();
    if (!out_.empty()) gather_.push_back(net::buffer(out_)); // the head goes with the first chunk
    std::size_t bytes = 0;
    for (const std::string_view& piece : pieces) bytes += piece.size();
    const bool chunked = turn_.framing == answer_head::framing::chunked;
    if (!turn_.bodiless && bytes > 0) {
        if (chunked) {
            char* end = std::to_chars(chunk_line_, chunk_line_ + sizeof chunk_line_ - 2, bytes, 16).ptr;
            *end++ = '\r';
            *end++ = '\n';
            gather_.push_back(net::buffer(chunk_line_, static_cast<std::size_t>(end - chunk_line_)));
        }
        for (const std::string_view& piece : pieces)
            if (!piece.empty()) gather_.push_back(net::buffer(piece));
        if (chunked) gather_.push_back(net::buffer("\r\n", 2));
    }
    if (bytes > 0) turn_.between_events = ends_event(pieces.back());
    return !gather_.empty();
}

std::optional<bool> session::try_write(std::span<const std::string_view> pieces) {
    TG_ASSERT(turn_.streaming && !turn_.answered && !turn_.chunk_unsent);
    if (stop_.fired() || turn_.aborted) return false;
    if (!gather_chunk(pieces)) return true;
    const auto delivered = deliver_now();
    turn_.chunk_unsent = !delivered.has_value();
    if (delivered && *delivered) watch_silence();
    return delivered;
}

task<bool> session::write(std::span<const std::string_view> pieces) {
    if (!turn_.chunk_unsent)
        if (const auto written = try_write(pieces)) co_return *written;
    turn_.chunk_unsent = false;
    const bool delivered = co_await deliver_rest();
    if (delivered) watch_silence();
    co_return delivered;
}

task<bool> session::finish(std::span<const std::string_view> pieces) {
    TG_ASSERT(turn_.streaming && !turn_.answered && !turn_.chunk_unsent);
    if (turn_.aborted) co_return false;
    turn_.answered = true;
    if (stop_.fired()) co_return false;
    gather_chunk(pieces);
    if (turn_.framing == answer_head::framing::chunked && !turn_.bodiless)
        gather_.push_back(net::buffer("0\r\n\r\n", 5));
    if (gather_.empty()) co_return true;
    if (const auto sent = deliver_now()) co_return *sent;
    co_return co_await deliver_rest();
}

void session::abort() {
    turn_.aborted = true;
    turn_.answered = true;
    if (waiting_ == waiting::silence) wait_over();
}

void session::watch_silence() {
    if (turn_.events && !stop_.fired()) wait_for(waiting::silence, server_->options.silence_ms);
}

// While the handler waits for something else. What the kernel does not take now goes with the next write.
void session::break_silence() {
    wait_over();
    if (turn_.between_events) {
        const bool unsent = turn_.begun && !out_.empty();
        if (!unsent) out_ += turn_.framing == answer_head::framing::chunked ? comment_chunk : comment;
        gather_.assign(1, net::buffer(out_));
        turn_.begun = true;
        error_code ec;
        const std::size_t done = stream_.try_write(gather_, ec);
        out_.erase(0, done);
        if (ec && ec != net::error::would_block) return stop_.fire();
    }
    watch_silence();
}

// A stream may wait long: it keeps no memory for what has gone.
void session::forget_head() {
    if (turn_.streaming)
        free_text(out_);
    else
        out_.clear();
}

// Sends what gather_ lists. Nothing: the kernel did not take all of it, and gather_ is what is left.
std::optional<bool> session::deliver_now() {
    if (waiting_ == waiting::silence) wait_over();
    turn_.begun = true;
    error_code ec;
    std::size_t done = stream_.try_write(gather_, ec);
    if (ec == net::error::would_block) {
        for (auto& part : gather_) {
            const std::size_t skipped = std::min(done, part.size());
            part += skipped;
            done -= skipped;
        }
        return std::nullopt;
    }
    forget_head();
    if (ec) stop_.fire();
    return !ec;
}

task<bool> session::deliver() {
    if (const auto sent = deliver_now()) co_return *sent;
    co_return co_await deliver_rest();
}

task<bool> session::deliver_rest() {
    wait_for(waiting::writing, server_->options.write_ms_max);
    error_code ec;
    co_await stream_.write(gather_, ec);
    wait_over();
    forget_head();
    if (ec) stop_.fire();
    co_return !ec;
}

void session::reset() {
    abort();
    watch_peer(-1);
    stream_.reset();
}

void reset_connection(ports::exchange& which) { dynamic_cast<session&>(which).reset(); }

}
