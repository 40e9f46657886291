#include "look_inside.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/openai/inner_error.hpp>
#include <tollgate/openai/retry_after.hpp>

namespace tollgate::app {

namespace {

constexpr std::size_t padding = 64; // of vector readers

// An answer of which some was read already: that comes first.
class begun_answer final : public ports::upstream_answer {
public:
    begun_answer(std::unique_ptr<ports::upstream_answer> from, result<std::string_view> first)
        : from_(std::move(from)), first_(std::move(first)) {}

    // This is what was read; `ended`: and all of it.
    void read_again(whole_body so_far, bool ended) {
        so_far_ = std::move(so_far);
        ended_ = ended;
        first_.reset();
        if (!so_far_.bytes.empty()) first_ = std::string_view(so_far_.bytes);
    }

    int status() const override { return from_->status(); }
    std::span<const field> fields() const override { return from_->fields(); }
    task<result<std::string_view>> read() override {
        if (const auto now = at_hand()) co_return *now;
        co_return co_await from_->read();
    }
    std::optional<result<std::string_view>> at_hand() override {
        if (first_) return *std::exchange(first_, std::nullopt);
        if (!ended_) return from_->at_hand();
        if (so_far_.complete) return std::string_view();
        return std::unexpected(so_far_.why);
    }
    void drop_read() override {
        if (!first_) from_->drop_read();
    }

private:
    std::unique_ptr<ports::upstream_answer> from_;
    std::optional<result<std::string_view>> first_;
    whole_body so_far_;
    bool ended_ = false;
};

bool may_be_events(std::string_view text) {
    const std::size_t at = text.find_first_not_of(" \t\r\n");
    return at == std::string_view::npos || text[at] != '{';
}

// Comments and parts of an event say nothing yet. Bounded, so that the client of a provider which only keeps its
// connection awake does not wait for long. True: nothing follows.
task<bool> read_event(call& c, ports::upstream_answer& answer, whole_body& to) {
    const std::int64_t until_us = c.use.clock.steady_us() + std::int64_t{limits::look_inside_ms_max} * 1000;
    while (may_be_events(to.bytes) && !openai::has_event(to.bytes)) {
        if (to.bytes.size() >= limits::look_inside_bytes_max || c.use.clock.steady_us() >= until_us) co_return false;
        auto part = answer.at_hand();
        if (!part) part = co_await answer.read();
        if (*part && !(*part)->empty()) {
            to.bytes.append(**part);
            continue;
        }
        to.complete = part->has_value();
        if (!*part) to.why = part->error();
        co_return true;
    }
    co_return false;
}

void take_error(call& c, attempt& made, std::string error) {
    const auto wait_ms = openai::told_to_wait_ms(made.answer->fields(), c.use.clock.now());
    made.error = openai::normalise_provider_error(made.answer->status(), error, wait_ms, c.id_text);
    made.error_body.bytes = std::move(error);
    made.refused = true;
}

// It ended before it said anything: as if it had not come.
void take_silence(attempt& made, const std::optional<error>& why) {
    made.silent = true;
    made.error.code = !why                                  ? errc::provider_error
                      : why->code == errc::provider_timeout ? errc::provider_timeout
                                                            : errc::provider_unavailable;
}

// The first event, in what is kept of the answer to be read again.
task<> look_at_stream(call& c, attempt& made, std::string_view first) {
    whole_body begun;
    begun.bytes = first;
    const bool ended = co_await read_event(c, *made.answer, begun);
    const provider_quirks& quirks = c.offer.route->provider->quirks;
    const bool silent = ended && (begun.complete ? openai::says_nothing(c.where, begun.bytes, quirks)
                                                 : !openai::has_event(begun.bytes));
    std::string text = begun.bytes;
    if (ended && begun.complete) text += "\n\n"; // the last event may lack its blank line
    text.reserve(text.size() + padding);
    const std::optional<error> why = begun.complete ? std::nullopt : std::optional(begun.why);
    auto again = std::make_unique<begun_answer>(std::move(made.answer), std::string_view());
    again->read_again(std::move(begun), ended);
    made.answer = std::move(again);
    if (silent) {
        take_silence(made, why);
    } else if (openai::may_be_error(text)) {
        auto error = openai::inner_error(c.where, text, quirks);
        if (error) take_error(c, made, std::move(*error));
    }
}

task<> look_at_whole(call& c, attempt& made, std::string_view first) {
    auto again = std::make_unique<begun_answer>(std::move(made.answer), first);
    std::optional<std::string> error;
    if (openai::may_be_error(first)) {
        whole_body all = co_await read_all(*again);
        if (all.complete) error = openai::inner_error(c.where, all.bytes, c.offer.route->provider->quirks);
        again->read_again(std::move(all), true);
    }
    made.answer = std::move(again);
    if (error) take_error(c, made, std::move(*error));
}

}

task<> look_inside(call& c, attempt& made) {
    auto at_hand = made.answer->at_hand(); // mostly the body comes with the head
    auto first = at_hand ? std::move(*at_hand) : co_await made.answer->read();
    if (!first || first->empty()) {
        const std::optional<error> why = first ? std::nullopt : std::optional(first.error());
        made.answer = std::make_unique<begun_answer>(std::move(made.answer), std::move(first));
        take_silence(made, why);
        co_return;
    }
    const bool stream = c.asked.stream && may_be_events(*first);
    if (stream && openai::has_event(*first) && !openai::may_be_error(*first))
        made.answer = std::make_unique<begun_answer>(std::move(made.answer), *first);
    else if (stream)
        co_await look_at_stream(c, made, *first);
    else
        co_await look_at_whole(c, made, *first);
}

}
