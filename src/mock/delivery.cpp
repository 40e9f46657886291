#include "delivery.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/http/reset.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace tollgate::mock {
namespace {

constexpr std::int64_t look_ms = 50; // a client that only closed its side is seen between two looks
constexpr std::int64_t slow_gap_ms = 50;
constexpr std::size_t slow_pieces = 8;

// Flushed at every piece, so that a stream stays one.
class gzip_writer {
public:
    gzip_writer() {
        constexpr int gzip_window = 15 + 16;
        TG_ASSERT(::deflateInit2(&state_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) ==
                  Z_OK);
    }
    gzip_writer(const gzip_writer&) = delete;
    gzip_writer& operator=(const gzip_writer&) = delete;
    ~gzip_writer() { ::deflateEnd(&state_); }

    std::string pack(std::string_view piece, bool last) {
        std::string out(::deflateBound(&state_, piece.size()) + 64, '\0');
        state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
        state_.avail_in = static_cast<uInt>(piece.size());
        state_.next_out = reinterpret_cast<Bytef*>(out.data());
        state_.avail_out = static_cast<uInt>(out.size());
        ::deflate(&state_, last ? Z_FINISH : Z_SYNC_FLUSH);
        TG_ASSERT(state_.avail_in == 0);
        out.resize(out.size() - state_.avail_out);
        return out;
    }

private:
    z_stream state_{};
};

std::vector<field> fields_of(const document& what, const steering& how) {
    const std::string& type = how.content_type.empty() ? what.content_type : how.content_type;
    std::vector<field> fields{{"content-type", type}, {"x-request-id", "req_mock"}};
    if (what.stream) fields.push_back({"cache-control", "no-cache"});
    if (how.gzip) fields.push_back({"content-encoding", "gzip"});
    if (!how.retry_after.empty()) fields.push_back({"retry-after", how.retry_after});
    return fields;
}

std::vector<std::string> split(const std::string& whole, std::size_t parts) {
    std::vector<std::string> pieces;
    for (std::size_t i = 0; i < parts; ++i) {
        const std::size_t from = whole.size() * i / parts;
        pieces.push_back(whole.substr(from, whole.size() * (i + 1) / parts - from));
    }
    return pieces;
}

bool by_the_piece(const steering& how) {
    return how.slow_body || how.gap_ms > 0 || how.cut_after || how.reset_after || how.stream_error_after || how.chunks;
}

task<bool> deliver_pieces(ports::exchange& with, const document& what, const steering& how) {
    const std::int64_t gap_ms = how.slow_body && how.gap_ms == 0 ? slow_gap_ms : how.gap_ms;
    const std::unique_ptr<gzip_writer> packer = how.gzip ? std::make_unique<gzip_writer>() : nullptr;
    std::int64_t sent = 0;
    for (const std::string& piece : what.pieces) {
        const bool last = sent + 1 == static_cast<std::int64_t>(what.pieces.size());
        if (how.cut_after == sent || how.reset_after == sent || how.stream_error_after == sent) break;
        if (sent > 0 && gap_ms > 0) {
            const bool there = co_await pause(with, gap_ms);
            if (!there) co_return false;
        }
        const std::string packed = packer ? packer->pack(piece, last) : std::string();
        const std::string_view bytes = packer ? packed : piece;
        const bool written = co_await with.write({&bytes, 1});
        if (!written) co_return false;
        ++sent;
    }
    if (how.cut_after || how.reset_after) {
        co_await with.write({}); // the head at least
        if (how.reset_after) http::reset_connection(with);
        with.abort();
        co_return true;
    }
    if (how.stream_error_after && what.stream) {
        const std::string packed = packer ? packer->pack(what.error_piece, true) : std::string();
        const std::string_view bytes = packer ? packed : what.error_piece;
        co_await with.write({&bytes, 1});
    }
    co_return co_await with.finish({});
}

task<bool> deliver_at_once(ports::exchange& with, const document& what, const steering& how,
                           std::span<const field> fields) {
    std::string joined;
    std::string_view body = what.pieces.front();
    if (what.pieces.size() > 1 || how.gzip) {
        for (const std::string& piece : what.pieces) joined += piece;
        if (how.gzip) joined = gzip_writer().pack(joined, true);
        body = joined;
    }
    if (!what.stream) co_return co_await with.send(what.status, fields, body);
    co_await with.begin(what.status, fields);
    const bool written = co_await with.write({&body, 1});
    if (!written) co_return false;
    co_return co_await with.finish({});
}

}

task<bool> pause(ports::exchange& with, std::int64_t ms) {
    const executor on = co_await net::this_coro::executor;
    steady_timer timer(on);
    for (std::int64_t left = ms; left > 0 && !with.stop().fired() && !with.half_closed(); left -= look_ms) {
        timer.expires_after(std::chrono::milliseconds(std::min(left, look_ms)));
        boost::system::error_code ec;
        co_await timer.async_wait(net::redirect_error(use_task, ec));
    }
    co_return !with.stop().fired() && !with.half_closed();
}

task<bool> deliver(ports::exchange& with, const document& what, const steering& how) {
    const std::vector<field> fields = fields_of(what, how);
    if (!by_the_piece(how)) co_return co_await deliver_at_once(with, what, how, fields);
    document pieces = what;
    if (!what.stream) pieces.pieces = split(what.pieces.front(), slow_pieces);
    co_await with.begin(what.status, fields);
    co_return co_await deliver_pieces(with, pieces, how);
}

}
