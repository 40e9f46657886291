// Steps 6 and 7: the provider, and its answer back to the client. Before a byte of it has reached the client, a failed
// attempt may be followed by one at another provider, as the tenant's policy allows. Every way out of here settles.
#include "attempt.hpp"
#include "customer_money.hpp"
#include "relay.hpp"
#include "route.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/openai/error_body.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

refusal failure_of(errc code) {
    refusal out;
    out.code = code;
    switch (code) {
    case errc::provider_timeout: out.message = "The provider did not answer in time."; break;
    case errc::provider_error: out.message = "The provider's answer cannot be understood."; break;
    default: out.message = "The provider could not be reached or broke the connection.";
    }
    return out;
}

// A client that leaves a stream stops the provider. Otherwise the answer is awaited all the same, unless the process
// ends: the provider generates it anyway, and only its usage tells what it costs.
class stopping {
public:
    explicit stopping(call& c) : c_(c) {
        if (c.asked.stream) return;
        c.x.stop().on_fire([this] {
            if (c_.use.stopping && *c_.use.stopping) process_ends_.fire();
        });
    }
    ~stopping() {
        if (!c_.asked.stream) c_.x.stop().on_fire({});
    }
    stopping(const stopping&) = delete;
    stopping& operator=(const stopping&) = delete;
    stop_signal& signal() { return c_.asked.stream ? c_.x.stop() : process_ends_; }

private:
    call& c_;
    stop_signal process_ends_;
};

// An attempt that was sent and never answered may be billed by its provider all the same.
void note_lost(call& c, const quote& offer) {
    usd_nano charge;
    if (c.policy->usage_unknown == policy::usage_unknown::charge_estimate) charge = offer.estimate;
    if (c.policy->usage_unknown == policy::usage_unknown::charge_input) charge = offer.input_estimate;
    c.lost_charge = std::max(c.lost_charge, charge);
    c.lost_cost += to_provider_cost(*c.policy, charge);
}

void add_reason(call& c, std::string_view reason) {
    if (!c.fallback_reason.empty()) c.fallback_reason += ", ";
    c.fallback_reason += reason;
    c.use.metrics.fallbacks.fetch_add(1, std::memory_order_relaxed);
}

// The next attempt's target, held for. False: there is none, and what failed is the answer.
task<bool> move_on(call& c, fallback_path& path, std::string_view reason) {
    path.tried.push_back(c.offer.route);
    auto next = next_offer(c, path);
    if (!next) co_return false;
    const bool held = co_await hold_again(c, std::move(*next));
    if (held) add_reason(c, reason);
    co_return held;
}

// The same provider again, after a moment: only when it has not seen a byte.
task<bool> once_more(call& c) {
    if (!worth_trying(c, *c.offer.route)) co_return false;
    const auto jitter = static_cast<std::uint32_t>(c.use.rng.next() % (2 * limits::retry_pause_ms));
    co_await c.use.clock.sleep(limits::retry_pause_ms + jitter);
    co_return true;
}

// Whether there is to be another attempt after `made`.
task<bool> may_go_on(call& c, fallback_path& path, const attempt& made, std::int64_t until_us) {
    if (made.reason.empty() || c.attempts >= c.policy->fallback.attempts_max) co_return false;
    if (c.x.stop().fired() || c.use.clock.steady_us() >= until_us) co_return false;
    const quote failed = c.offer;
    if (co_await move_on(c, path, made.reason)) {
        if (made.sent && (!made.answer || made.silent)) note_lost(c, failed);
        co_return true;
    }
    if (made.sent) co_return false;
    co_return co_await once_more(c);
}

// No answer, and no other attempt.
task<> end_without_answer(call& c, const attempt& made, const stop_signal& stop) {
    outcome end;
    end.how = made.sent ? outcome::end::unknown : outcome::end::not_sent;
    const refusal why = failure_of(made.error.code);
    note_failure(c, why);
    c.client_gone = stop.fired();
    if (c.client_gone) c.code = "client_closed";
    co_await settle(c, end);
    co_await send_failure(c, why);
}

// An answer that broke off tells the same of its provider as one that never came.
void learn_from_relay(call& c) {
    if (!c.code.empty() && !c.client_gone)
        c.use.providers.of(c.offer.route->provider->name).failed(c.use.clock.steady_us());
}

}

void note_failure(call& c, const refusal& why) {
    c.code = openai::code_text(why.code);
    c.status = openai::to_answer(why, c.id_text).status;
}

task<> send_failure(call& c, const refusal& why) {
    const openai::error_answer answer = openai::to_answer(why, c.id_text);
    c.use.metrics.provider_errors.fetch_add(1, std::memory_order_relaxed);
    c.client_gone = !co_await send_error(c, answer);
}

task<> forward(call& c) {
    stopping stops(c);
    stop_signal& stop = stops.signal();
    const std::int64_t until_us = c.use.clock.steady_us() + std::int64_t{c.config->request_total_ms} * 1000;
    c.use.metrics.in_flight.fetch_add(1, std::memory_order_relaxed);
    fallback_path path{c.offer, {}};
    // A provider that is known to be down is passed over, if anybody may take its place.
    if (!worth_trying(c, *c.offer.route)) {
        const bool elsewhere = co_await move_on(c, path, "provider_unavailable");
        (void)elsewhere;
    }
    for (;;) {
        attempt made = co_await try_provider(c, stop, until_us);
        if (made.good()) {
            c.first_byte_us = c.use.clock.steady_us();
            co_await relay(c, *made.answer);
            learn_from_relay(c);
            break;
        }
        const bool again = co_await may_go_on(c, path, made, until_us);
        if (again) continue;
        if (made.silent)
            co_await relay(c, *made.answer); // which finds the same, and says so
        else if (made.answer)
            co_await pass_error(c, *made.answer, made.error);
        else
            co_await end_without_answer(c, made, stop);
        break;
    }
    c.use.metrics.in_flight.fetch_sub(1, std::memory_order_relaxed);
}

}
