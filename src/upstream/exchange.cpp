#include <tollgate/upstream/exchange.hpp>

#include <tollgate/core/limits.hpp>

#include <boost/asio/ssl/error.hpp>

#include <algorithm>

namespace tollgate::upstream {

namespace {

std::uint32_t first_set(std::uint32_t asked, std::uint32_t given, std::uint32_t otherwise) {
    return asked != 0 ? asked : given != 0 ? given : otherwise;
}

bool peer_ended(const error_code& ec) {
    return ec == net::error::eof || ec == net::error::connection_reset || ec == net::error::broken_pipe ||
           ec == net::error::connection_aborted || ec == net::ssl::error::stream_truncated;
}

void drop_front(std::vector<net::const_buffer>& pieces, std::size_t bytes) {
    for (net::const_buffer& piece : pieces) {
        const std::size_t part = std::min(bytes, piece.size());
        piece += part;
        bytes -= part;
    }
}

// The kernel mostly takes all at once, which needs no coroutine; this is for the rest.
task<> send_rest(connection& on, std::vector<net::const_buffer>& pieces, std::size_t put, error_code& ec) {
    drop_front(pieces, put);
    co_await on.stream().write(pieces, ec);
}

struct head_reader {
    connection& on;
    workspace& space;
    const ports::upstream_request& request;
    std::size_t searched = 0;
    std::size_t interims = 0;

    // Looks for the end of a head in what is there. True: the answer's head is parsed.
    result<bool> look();
    bool received_any() const { return interims != 0 || !space.buffer.unread().empty(); }
};

result<bool> head_reader::look() {
    const auto unread = space.buffer.unread();
    const std::size_t length = find_head_end({unread.data(), unread.size()}, searched);
    searched = unread.size();
    if (length == 0 && unread.size() >= limits::upstream_head_bytes_max)
        return fail(errc::provider_error, "answer head too large");
    if (length == 0) return false;
    const std::string_view text = space.buffer.keep_head(length);
    if (auto parsed = parse_answer_head(text, request.method == "HEAD", space.head); !parsed)
        return std::unexpected(std::move(parsed.error()));
    if (!space.head.interim()) return true;
    if (++interims > limits::interim_answers_max) return fail(errc::provider_error, "too many interim answers");
    searched = 0;
    return look();
}

exchange_failure failed(error why, bool sent) {
    return {.what = {.why = std::move(why), .sent = sent}, .stale = false};
}

}

std::int64_t patience::until(std::uint32_t ms) const {
    return std::min(total_at_us, steady_now_us() + std::int64_t{ms} * 1000);
}

patience patience_for(const ports::upstream_request& request) {
    const provider& to = *request.to;
    const std::uint32_t total_ms = first_set(request.total_ms, to.total_ms, limits::request_total_ms_max);
    return {.connect_ms = first_set(0, to.connect_ms, limits::upstream_connect_ms_max),
            .first_byte_ms = first_set(request.first_byte_ms, to.first_byte_ms, limits::upstream_first_byte_ms_max),
            .idle_ms = first_set(request.idle_ms, to.idle_ms, limits::upstream_idle_ms_max),
            .total_at_us = steady_now_us() + std::int64_t{total_ms} * 1000};
}

task<std::optional<exchange_failure>> exchange(connection& on, workspace& space, const ports::upstream_request& request,
                                               stop_signal& stop, const patience& waits) {
    const waiting scope(on, stop, waits.until(waits.first_byte_ms));
    space.pieces.assign(1, net::buffer(space.request_head));
    for (const std::string_view piece : request.body) space.pieces.emplace_back(piece.data(), piece.size());
    error_code ec;
    const std::size_t put = on.stream().try_write(space.pieces, ec);
    const bool wait = ec == net::error::would_block; // part of a TLS record may be on its way, uncounted
    const bool sent = put != 0 || wait;
    if (wait) co_await send_rest(on, space.pieces, put, ec);
    // A peer that stops reading may have said why: its answer counts more than the failed write.
    const bool cut_short = static_cast<bool>(ec);

    head_reader reader{.on = on, .space = space, .request = request};
    for (bool blocked = false;;) {
        ec = {};
        if (blocked || !on.stream().has_pending()) co_await on.stream().wait_readable(ec);
        if (!ec) on.receive(space.buffer, ec);
        blocked = ec == net::error::would_block;
        if (blocked) continue;
        if (ec) {
            exchange_failure broken = failed(failure_of(on, ec, "waiting for the provider's answer"), sent);
            broken.stale = on.cut() == cut_reason::none && !reader.received_any() && peer_ended(ec);
            co_return broken;
        }
        auto complete = reader.look();
        if (!complete) co_return failed(std::move(complete.error()), sent);
        if (!*complete) continue;
        if (cut_short) space.head.keep_alive = false;
        co_return std::nullopt;
    }
}

}
