#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/runtime/ticker.hpp>

#include <array>
#include <stdexcept>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tollgate {

std::int64_t steady_now_us() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

struct ticker::state : std::enable_shared_from_this<state> {
    using place = watched::place;
    static constexpr std::size_t block_places = 256;
    static constexpr int reports_max = 256; // at once; the rest comes at the next tick

    explicit state(executor on) : timer(on), peers(::epoll_create1(EPOLL_CLOEXEC)) {
        if (peers == -1) throw std::runtime_error("epoll_create1 failed");
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() { ::close(peers); }

    void arm();
    void tick();
    void look_at(place& one, std::int64_t now);
    void register_peer(place& one);
    void read_reports();
    void grow();

    steady_timer timer;
    int peers; // an epoll of our own: idle peers cost nothing
    bool running = false;
    std::size_t size = 0;
    std::vector<std::unique_ptr<std::array<place, block_places>>> blocks; // places never move
    std::vector<place*> free;
    std::vector<std::function<void()>> actions;
};

watched::~watched() {
    if (owner_ != nullptr) owner_->remove(*this);
}

void watched::unregister_peer() {
    ::epoll_ctl(owner_->state_->peers, EPOLL_CTL_DEL, place_->peer, nullptr);
    place_->registered = false;
}

ticker::ticker(executor on) : state_(std::make_shared<state>(on)) {}

ticker::~ticker() {
    stop();
    for (const auto& block : state_->blocks)
        for (watched::place& one : *block)
            if (one.flow != nullptr) remove(*one.flow);
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
    if (state_->free.empty()) state_->grow();
    flow.place_ = state_->free.back();
    state_->free.pop_back();
    *flow.place_ = flow.own_;
    flow.place_->flow = &flow;
    flow.owner_ = this;
    ++state_->size;
}

void ticker::remove(watched& flow) {
    if (flow.owner_ != this) return;
    if (flow.place_->registered) flow.unregister_peer();
    flow.own_ = std::exchange(*flow.place_, {});
    flow.own_.flow = nullptr;
    state_->free.push_back(flow.place_);
    flow.place_ = &flow.own_;
    flow.owner_ = nullptr;
    --state_->size;
}

std::size_t ticker::size() const { return state_->size; }

void ticker::on_tick(std::function<void()> action) { state_->actions.push_back(std::move(action)); }

void ticker::state::grow() {
    blocks.push_back(std::make_unique<std::array<place, block_places>>());
    for (std::size_t i = block_places; i > 0; --i) free.push_back(&(*blocks.back())[i - 1]);
}

void ticker::state::arm() {
    timer.expires_after(std::chrono::milliseconds(limits::tick_ms));
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& ec) {
        if (ec || !self->running) return;
        self->tick();
        if (self->running) self->arm();
    });
}

// What is told here may add and remove flows: a place that is left has neither deadline nor peer, and none moves.
void ticker::state::tick() {
    const std::int64_t now = steady_now_us();
    for (std::size_t i = 0; i < blocks.size(); ++i)
        for (place& one : *blocks[i]) look_at(one, now);
    read_reports();
    for (std::size_t i = 0; i < actions.size(); ++i) actions[i]();
}

void ticker::state::look_at(place& one, std::int64_t now) {
    if (one.peer != -1 && !one.registered && std::exchange(one.seen, true)) register_peer(one);
    if (one.deadline_us > now || one.flow == nullptr) return;
    one.deadline_us = INT64_MAX;
    one.flow->on_deadline();
}

// Most flows are over before their second tick; for the others it is two system calls in a life. Out of watches: at the
// next tick.
void ticker::state::register_peer(place& one) {
    epoll_event wanted{};
    wanted.events = EPOLLRDHUP | EPOLLET;
    wanted.data.ptr = &one;
    one.half_closed = false;
    one.registered = ::epoll_ctl(peers, EPOLL_CTL_ADD, one.peer, &wanted) == 0;
}

void ticker::state::read_reports() {
    std::array<epoll_event, reports_max> reports;
    const int count = ::epoll_wait(peers, reports.data(), reports_max, 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& report = reports[static_cast<std::size_t>(i)];
        place& one = *static_cast<place*>(report.data.ptr);
        // An earlier report may have ended this flow; a new one in its place is not registered yet.
        if (!one.registered) continue;
        watched* const flow = one.flow;
        if ((report.events & (EPOLLERR | EPOLLHUP)) != 0) {
            flow->watch_peer(-1);
            flow->on_peer_gone();
        } else if (!std::exchange(one.half_closed, true)) {
            flow->on_peer_half_closed();
        }
    }
}

}
