#include "provider.hpp"

#include <tollgate/core/assert.hpp>

#include <algorithm>

namespace tollgate::simulation {

namespace {

class scripted_answer final : public ports::upstream_answer {
public:
    scripted_answer(request& of, timeline& time, std::function<bool()> alive, stop_signal& stop)
        : of_(of), time_(time), alive_(std::move(alive)), stop_(stop), all_(render(of.provider)),
          random_(static_cast<std::uint64_t>(of.number) * 7919u + 1u) {
        const bool stream = of.provider.how == behaviour::stream;
        fields_ = {{"content-type", stream ? "text/event-stream" : "application/json"}};
        learn();
    }

    int status() const override { return of_.provider.status; }
    std::span<const field> fields() const override { return fields_; }

    task<result<std::string_view>> read() override {
        const script& plan = of_.provider;
        const bool over = sent_ == all_.bytes.size();
        const std::int64_t pause = !over ? plan.gap_us : plan.end == last_words::stalls ? plan.stall_us : 0;
        if (pause > 0) co_await time_.sleep(pause, of_.life, &stop_);
        if (!alive_() || stop_.fired()) co_return fail(errc::provider_unavailable, "stopped");
        if (over) co_return last();
        const auto wanted = static_cast<std::size_t>(random_.between(1, plan.part_bytes_max));
        const std::size_t size = std::min(wanted, all_.bytes.size() - sent_);
        const std::string_view part = std::string_view(all_.bytes).substr(sent_, size);
        sent_ += size;
        learn();
        co_return part;
    }

private:
    result<std::string_view> last() const {
        switch (of_.provider.end) {
        case last_words::clean:
        case last_words::no_terminator:
        case last_words::error_event: return std::string_view();
        case last_words::cut:
        case last_words::cut_inside: return fail(errc::stream_truncated, "cut");
        case last_words::stalls: return fail(errc::provider_timeout, "idle");
        }
        return std::string_view();
    }
    void learn() {
        of_.before = of_.now;
        of_.now = all_.at(sent_);
    }

    request& of_;
    timeline& time_;
    std::function<bool()> alive_;
    stop_signal& stop_;
    rendered all_;
    random_source random_;
    std::vector<field> fields_;
    std::size_t sent_ = 0;
};

ports::upstream::failure failed(errc code, bool sent) { return {{code, "scripted"}, sent}; }

}

task<provider::opened> provider::open(const ports::upstream_request& asked, stop_signal& stop) {
    request* found = with_.find(find_field(asked.fields, "x-sim-request").value_or(""));
    TG_ASSERT(found);
    request& of = *found;
    if (!with_.alive() || stop.fired()) co_return std::unexpected(failed(errc::provider_unavailable, false));
    with_.on_dispatch(of);
    const script& plan = of.provider;
    const bool sent = plan.how != behaviour::connect_fails;
    of.now.sent = of.before.sent = sent;
    co_await with_.time.sleep(plan.head_us, of.life, &stop);
    if (!with_.alive() || stop.fired()) co_return std::unexpected(failed(errc::provider_unavailable, sent));
    if (plan.how == behaviour::connect_fails || plan.how == behaviour::reset_before_head)
        co_return std::unexpected(failed(errc::provider_unavailable, sent));
    if (plan.how == behaviour::no_first_byte) co_return std::unexpected(failed(errc::provider_timeout, true));
    co_return std::make_unique<scripted_answer>(of, with_.time, with_.alive, stop);
}

}
