#include "timeline.hpp"

#include <boost/asio/async_result.hpp>

#include <algorithm>
#include <memory>

namespace tollgate::simulation {

void timeline::after_us(std::int64_t us, owner_id owner, action what) {
    events_.emplace(std::pair(now_.us + std::max<std::int64_t>(us, 0), ++sequence_), event{owner, std::move(what)});
}

bool timeline::run_next(instant until) {
    if (events_.empty() || events_.begin()->first.first > until.us) return false;
    auto next = events_.extract(events_.begin());
    now_.us = std::max(now_.us, next.key().first); // planned before time was moved on inside another event
    next.mapped().what();
    return true;
}

void timeline::jump_to(instant when) { now_ = std::max(now_, when); }

bool timeline::quiet(owner_id but) const {
    return std::ranges::all_of(events_, [&](const auto& each) { return each.second.owner == but; });
}

std::vector<timeline::action> timeline::take(owner_id owner) {
    std::vector<action> taken;
    for (auto at = events_.begin(); at != events_.end();) {
        if (at->second.owner != owner) {
            ++at;
            continue;
        }
        taken.push_back(std::move(at->second.what));
        at = events_.erase(at);
    }
    return taken;
}

task<> timeline::sleep(std::int64_t us, owner_id owner, stop_signal* stop) {
    struct waiter {
        action resume;
        void wake() {
            if (resume) std::exchange(resume, {})();
        }
    };
    // The frame keeps no share of the waiter: the waiter owns the frame.
    auto waiting = std::make_shared<waiter>();
    after_us(us, owner, [waiting] { waiting->wake(); });
    if (stop) stop->on_fire([this, owner, waiting] { after_us(0, owner, [waiting] { waiting->wake(); }); });
    co_await net::async_initiate<const net::use_awaitable_t<executor>, void()>(
        [](auto handler, std::shared_ptr<waiter> mine) { mine->resume = std::move(handler); }, use_task,
        std::move(waiting));
    if (stop) stop->on_fire({});
}

}
