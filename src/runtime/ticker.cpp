#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/runtime/ticker.hpp>

#include <algorithm>
#include <poll.h>
#include <utility>
#include <vector>

namespace tollgate {

std::int64_t steady_now_us() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

watched::~watched() {
    if (owner_ != nullptr) owner_->remove(*this);
}

struct ticker::state : std::enable_shared_from_this<state> {
    explicit state(executor on) : timer(on) {}

    void arm();
    void tick();
    void expire_deadlines();
    void look_at_peers();
    void judge(std::size_t index);
    void forget(watched& flow);

    steady_timer timer;
    bool running = false;
    std::uint64_t ticks = 0;
    std::size_t size = 0;
    watched* first = nullptr;
    watched* cursor = nullptr; // the next flow of the walk under way; moves on when that flow leaves
    std::vector<std::function<void()>> actions;
    std::vector<pollfd> looks; // one poll() for all peers; the two vectors run in step
    std::vector<watched*> looked_at;
};

ticker::ticker(executor on) : state_(std::make_shared<state>(on)) {}

ticker::~ticker() {
    stop();
    for (watched* flow = state_->first; flow != nullptr;) {
        flow->owner_ = nullptr;
        flow->previous_ = nullptr;
        flow = std::exchange(flow->next_, nullptr);
    }
    state_->first = nullptr;
}

void ticker::start() {
    if (std::exchange(state_->running, true)) return;
    state_->arm();
}

void ticker::stop() {
    state_->running = false;
    state_->timer.cancel();
}

void ticker::add(watched& flow) {
    TG_ASSERT(flow.owner_ == nullptr);
    flow.owner_ = this;
    flow.previous_ = nullptr;
    flow.next_ = state_->first;
    if (state_->first != nullptr) state_->first->previous_ = &flow;
    state_->first = &flow;
    ++state_->size;
}

void ticker::remove(watched& flow) {
    if (flow.owner_ != this) return;
    state_->forget(flow);
    if (flow.previous_ != nullptr)
        flow.previous_->next_ = flow.next_;
    else
        state_->first = flow.next_;
    if (flow.next_ != nullptr) flow.next_->previous_ = flow.previous_;
    flow.owner_ = nullptr;
    flow.previous_ = nullptr;
    flow.next_ = nullptr;
    --state_->size;
}

std::size_t ticker::size() const { return state_->size; }

void ticker::on_tick(std::function<void()> action) { state_->actions.push_back(std::move(action)); }

void ticker::state::arm() {
    timer.expires_after(std::chrono::milliseconds(limits::tick_ms));
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& ec) {
        if (ec || !self->running) return;
        self->tick();
        if (self->running) self->arm();
    });
}

void ticker::state::tick() {
    expire_deadlines();
    // Half the rate of the deadlines: the look costs about 100 ns a peer.
    if (++ticks % 2 == 0) look_at_peers();
    for (std::size_t i = 0; i < actions.size(); ++i) actions[i]();
}

void ticker::state::expire_deadlines() {
    const std::int64_t now = steady_now_us();
    cursor = first;
    while (cursor != nullptr) {
        watched* const flow = cursor;
        cursor = flow->next_;
        if (flow->deadline_us_ > now) continue;
        flow->deadline_us_ = INT64_MAX;
        flow->on_deadline();
    }
}

void ticker::state::look_at_peers() {
    looks.clear();
    looked_at.clear();
    for (watched* flow = first; flow != nullptr; flow = flow->next_) {
        if (flow->peer_ == -1) continue;
        looks.push_back({.fd = flow->peer_, .events = POLLRDHUP, .revents = 0});
        looked_at.push_back(flow);
    }
    if (!looks.empty() && ::poll(looks.data(), looks.size(), 0) > 0)
        for (std::size_t i = 0; i < looks.size(); ++i) judge(i);
    looked_at.clear();
}

void ticker::state::judge(std::size_t index) {
    const short seen = looks[index].revents;
    watched* const flow = looked_at[index];
    if (seen == 0 || flow == nullptr || flow->peer_ != looks[index].fd) return;
    if ((seen & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
        flow->peer_ = -1;
        flow->on_peer_gone();
    } else if (!std::exchange(flow->half_closed_, true)) {
        flow->on_peer_half_closed();
    }
}

// Actions may end flows, so a walk must not hold on to one.
void ticker::state::forget(watched& flow) {
    if (cursor == &flow) cursor = flow.next_;
    std::replace(looked_at.begin(), looked_at.end(), &flow, static_cast<watched*>(nullptr));
}

}
