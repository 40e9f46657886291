#include "session.hpp"

#include <tollgate/runtime/chunked_decoder.hpp>

#include <cstring>

namespace tollgate::http {

namespace {

constexpr std::size_t chunked_room_min = 1024;

std::unique_ptr<char[]> body_memory(std::size_t bytes) {
    auto memory = std::make_unique_for_overwrite<char[]>(bytes + limits::body_padding_bytes);
    std::memset(memory.get() + bytes, 0, limits::body_padding_bytes);
    return memory;
}

}

void session::drop_body() {
    body_.reset();
    body_view_ = {};
}

task<result<std::string_view>> session::read_body(std::size_t bytes_max) {
    if (turn_.body == body_state::complete) co_return body_view_;
    if (turn_.body == body_state::failed) co_return fail(errc::invalid_request, "The body cannot be read.");
    if (stop_.fired()) co_return fail(errc::invalid_request, "The client has gone.");
    watch_peer(-1);
    result<std::string_view> body = co_await read_whole_body(std::min(bytes_max, server_->options.body_bytes_max));
    wait_over();
    turn_.body = body ? body_state::complete : body_state::failed;
    if (body) body_view_ = *body;
    if (stream_.is_open()) watch_peer(stream_.descriptor());
    co_return body;
}

// Without looking away from the peer: nothing is waited for.
std::optional<std::string_view> session::body_at_hand(std::size_t bytes_max) {
    if (turn_.body == body_state::complete) return body_view_;
    const bool sized = facts_.body != head_facts::framing::chunked;
    const bool fits = facts_.body_bytes <= std::min(bytes_max, server_->options.body_bytes_max);
    if (turn_.body == body_state::failed || stop_.fired() || !sized || !fits) return std::nullopt;
    if (held_of_body() < facts_.body_bytes) return std::nullopt;
    body_bytes_held_ = static_cast<std::size_t>(facts_.body_bytes);
    turn_.body = body_state::complete;
    body_view_ = {buffer_.data() + head_bytes_, body_bytes_held_};
    return body_view_;
}

task<result<std::string_view>> session::read_whole_body(std::size_t bytes_max) {
    if (facts_.body == head_facts::framing::none) co_return std::string_view(buffer_.data() + head_bytes_, 0);
    if (facts_.body == head_facts::framing::length && facts_.body_bytes > bytes_max)
        co_return fail(errc::body_too_large,
                       "The request body is larger than " + std::to_string(bytes_max) + " bytes.");
    const bool told = co_await say_continue();
    if (!told) co_return fail(errc::invalid_request, "The client has gone.");
    if (facts_.body == head_facts::framing::length) co_return co_await read_sized_body();
    co_return co_await read_chunked_body(bytes_max);
}

task<bool> session::say_continue() {
    // A client that has begun to send does not wait any more.
    if (!facts_.expects_continue || held_of_body() > 0) co_return true;
    facts_.expects_continue = false;
    static constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
    gather_.assign(1, net::buffer(interim));
    co_return co_await deliver();
}

task<bool> session::fill_buffer(error_code& ec) {
    const std::span<char> room = buffer_.room();
    const std::size_t got = co_await stream_.read_some(net::buffer(room.data(), room.size()), ec);
    buffer_.filled(got);
    co_return !ec;
}

task<result<std::string_view>> session::read_sized_body() {
    const auto size = static_cast<std::size_t>(facts_.body_bytes);
    const std::size_t held = std::min(held_of_body(), size);
    body_bytes_held_ = held;
    if (held < size) wait_for(waiting::reading, server_->options.body_ms_max);
    error_code ec;
    if (head_bytes_ + size <= buffer_.reach()) { // mostly it has come with the head
        while (held_of_body() < size) {
            const bool more = co_await fill_buffer(ec);
            body_bytes_held_ = std::min(held_of_body(), size);
            if (!more) co_return std::unexpected(body_failure(ec));
        }
        co_return std::string_view(buffer_.data() + head_bytes_, size);
    }
    body_ = body_memory(size);
    std::memcpy(body_.get(), buffer_.data() + head_bytes_, held);
    for (std::size_t done = held; done < size;) {
        done += co_await stream_.read_some(net::buffer(body_.get() + done, size - done), ec);
        if (ec) co_return std::unexpected(body_failure(ec));
    }
    co_return std::string_view(body_.get(), size);
}

// Raw bytes are read behind the decoded ones and decoded where they stand.
task<result<std::string_view>> session::read_chunked_body(std::size_t bytes_max) {
    chunked_decoder decoder;
    std::size_t raw = held_of_body();
    std::size_t capacity = std::max(raw, limits::session_buffer_bytes);
    std::size_t decoded = 0;
    body_ = body_memory(capacity);
    std::memcpy(body_.get(), buffer_.data() + head_bytes_, raw);
    body_bytes_held_ = raw;
    wait_for(waiting::reading, server_->options.body_ms_max);
    for (;;) {
        const chunked_decoder::progress step = decoder.decode({body_.get() + decoded, raw});
        const char* const rest = body_.get() + decoded + step.consumed;
        if (decoder.malformed()) co_return fail(errc::invalid_request, "The chunked body is malformed.");
        if (decoder.done()) read_ahead_.assign(rest, raw - step.consumed);
        decoded += step.data;
        if (decoded > bytes_max)
            co_return fail(errc::body_too_large,
                           "The request body is larger than " + std::to_string(bytes_max) + " bytes.");
        if (decoder.done()) co_return std::string_view(body_.get(), decoded);
        if (capacity - decoded < chunked_room_min) {
            auto larger = body_memory(capacity * 2);
            std::memcpy(larger.get(), body_.get(), decoded);
            body_ = std::move(larger);
            capacity *= 2;
        }
        error_code ec;
        raw = co_await stream_.read_some(net::buffer(body_.get() + decoded, capacity - decoded), ec);
        if (ec) co_return std::unexpected(body_failure(ec));
    }
}

error session::body_failure(const error_code& ec) const {
    if (timed_out_) return {errc::request_timeout, "The request body did not arrive in time."};
    if (ec == net::error::eof) return {errc::invalid_request, "The request body ended early."};
    return {errc::invalid_request, "The client has gone."};
}

bool session::may_skip_body() const {
    if (facts_.body == head_facts::framing::none) return true;
    if (facts_.body == head_facts::framing::chunked) return false;
    const std::size_t held = held_of_body();
    if (held >= facts_.body_bytes) return true;
    return !facts_.expects_continue && facts_.body_bytes - held <= limits::unread_body_bytes_max;
}

// Behind an answer that did not need the body. True: the next request can be read.
task<bool> session::skip_body() {
    if (turn_.body == body_state::complete || facts_.body == head_facts::framing::none) co_return true;
    const auto size = static_cast<std::size_t>(facts_.body_bytes);
    body_bytes_held_ = std::min(held_of_body(), size);
    std::size_t left = size - body_bytes_held_;
    if (left == 0) co_return true;
    buffer_.used(buffer_.bytes().size());
    head_bytes_ = 0;
    body_bytes_held_ = 0;
    wait_for(waiting::reading, server_->options.body_ms_max);
    while (left > 0) {
        error_code ec;
        const bool more = co_await fill_buffer(ec);
        if (!more) break;
        const std::size_t skipped = std::min(left, buffer_.bytes().size());
        buffer_.used(skipped);
        left -= skipped;
    }
    wait_over();
    co_return left == 0;
}

task<> session::linger() {
    buffer_.used(buffer_.bytes().size());
    error_code ec;
    for (std::size_t total = 0; !ec && stream_.is_open() && total < limits::linger_bytes_max;) {
        co_await fill_buffer(ec);
        total += buffer_.bytes().size();
        buffer_.used(buffer_.bytes().size());
    }
}

}
