#include <tollgate/upstream/answer.hpp>

#include <tollgate/core/assert.hpp>

namespace tollgate::upstream {

answer::answer(parts all)
    : on_(std::move(all.on)), space_(std::move(all.space)), home_(std::move(all.home)), spare_(std::move(all.spare)),
      stop_(all.stop), waits_(all.waits), framing_(space_->head.body, space_->head.length) {
    TG_ASSERT(space_->head.encoding != coding::unknown);
    if (space_->head.encoding == coding::gzip && !framing_.done()) inflater_ = std::make_unique<inflater>();
}

answer::~answer() {
    let_go();
    spare_->give(std::move(space_));
}

bool answer::body_complete() const {
    return framing_.done() && (!inflater_ || (packed_.empty() && inflater_->at_end()));
}

void answer::let_go() {
    if (!on_) return;
    // Surplus bytes mean that the two sides disagree about where the answer ended.
    const bool reusable = body_complete() && !fault_ && space_->head.keep_alive && space_->buffer.unread().empty() &&
                          on_->cut() == cut_reason::none && on_->stream().is_open();
    if (reusable) home_->put(std::move(on_));
    on_.reset();
    drop_read();
}

std::optional<result<std::string_view>> answer::at_hand() {
    if (!fault_) {
        auto ready = decode();
        if (ready && !ready->empty()) return ready;
        if (ready && body_complete()) {
            let_go();
            return std::string_view{};
        }
        if (ready && !framing_.done()) return std::nullopt;
        fault_ = ready ? error{errc::stream_truncated, "the answer's compressed body ends too early"} : ready.error();
    }
    let_go();
    return std::unexpected(*fault_);
}

task<result<std::string_view>> answer::read() {
    for (bool blocked = false;;) {
        if (auto ready = at_hand()) co_return std::move(*ready);
        const waiting scope(*on_, stop_, waits_.until(waits_.idle_ms));
        if (steady_now_us() >= waits_.total_at_us) on_->cut_off(cut_reason::deadline);
        error_code ec;
        // One read a report of the kernel: a provider that pours takes turns with everybody else.
        if (blocked || !on_->stream().has_pending()) {
            drop_read();
            co_await on_->stream().wait_readable(ec);
        }
        if (!ec) on_->receive(space_->buffer, ec);
        blocked = ec == net::error::would_block;
        if (ec && !blocked) broke(ec);
    }
}

void answer::drop_read() {
    if (packed_.empty()) space_->buffer.rest();
}

result<std::string_view> answer::decode() {
    for (;;) {
        if (inflater_) {
            auto plain = inflater_->next(packed_);
            if (!plain || !plain->empty()) return plain;
        }
        const auto unread = space_->buffer.unread();
        if (unread.empty() || framing_.done()) return std::string_view{};
        const auto [consumed, data] = framing_.take(unread);
        space_->buffer.consume(consumed);
        if (data == 0) {
            if (framing_.malformed()) return fail(errc::stream_truncated, "the answer's chunks are malformed");
            return std::string_view{};
        }
        if (!inflater_) return std::string_view(unread.data(), data);
        packed_ = {unread.data(), data};
    }
}

void answer::broke(const error_code& ec) {
    if (on_->cut() != cut_reason::none)
        fault_ = failure_of(*on_, ec, "reading the provider's answer");
    else if (ec != net::error::eof || !framing_.end_of_stream())
        fault_ = error{errc::stream_truncated, "the provider's answer was cut: " + ec.message()};
}

}
