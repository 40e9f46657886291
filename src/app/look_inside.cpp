#include "look_inside.hpp"

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

    // All of it was read.
    void read_again(whole_body all) {
        all_ = std::move(all);
        first_ = std::string_view(all_->bytes);
    }

    int status() const override { return from_->status(); }
    std::span<const field> fields() const override { return from_->fields(); }
    task<result<std::string_view>> read() override {
        if (const auto now = at_hand()) co_return *now;
        co_return co_await from_->read();
    }
    std::optional<result<std::string_view>> at_hand() override {
        if (first_) return *std::exchange(first_, std::nullopt);
        if (!all_) return from_->at_hand();
        if (all_->complete) return std::string_view();
        return std::unexpected(all_->why);
    }
    void drop_read() override {
        if (!first_) from_->drop_read();
    }

private:
    std::unique_ptr<ports::upstream_answer> from_;
    std::optional<result<std::string_view>> first_;
    std::optional<whole_body> all_;
};

bool is_stream(const call& c, std::string_view first) {
    return c.asked.stream && first.find_first_not_of(" \t\r\n") != first.find('{');
}

void take_error(call& c, attempt& made, std::string error) {
    const auto wait_ms = openai::told_to_wait_ms(made.answer->fields(), c.use.clock.now());
    made.error = openai::normalise_provider_error(made.answer->status(), error, wait_ms, c.id_text);
    made.error_body.bytes = std::move(error);
    made.refused = true;
}

}

task<> look_inside(call& c, attempt& made) {
    auto at_hand = made.answer->at_hand(); // mostly the body comes with the head
    auto first = at_hand ? std::move(*at_hand) : co_await made.answer->read();
    const bool suspect = first && openai::may_be_error(*first);
    const bool stream = suspect && is_stream(c, *first);
    const provider_quirks& quirks = c.offer.route->provider->quirks;
    std::optional<std::string> error;
    if (stream) {
        std::string padded(*first);
        padded.reserve(padded.size() + padding);
        error = openai::inner_error(c.where, padded, quirks);
    }
    auto again = std::make_unique<begun_answer>(std::move(made.answer), std::move(first));
    if (suspect && !stream) {
        whole_body all = co_await read_all(*again);
        if (all.complete) error = openai::inner_error(c.where, all.bytes, quirks);
        again->read_again(std::move(all));
    }
    made.answer = std::move(again);
    if (error) take_error(c, made, std::move(*error));
}

}
