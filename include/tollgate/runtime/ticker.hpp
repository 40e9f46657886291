#pragma once

// Deadlines without a timer per operation: each I/O thread has one ticker that looks at its watched flows every
// limits::tick_ms. Setting a deadline is a store to a field; per-operation timers cost 5 to 7 us a request.

#include <tollgate/runtime/task.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace tollgate {

class ticker;

std::int64_t steady_now_us();

// Something with a deadline. Intrusive: unlinks itself when destroyed. Belongs to one ticker and thread.
class watched {
public:
    watched() = default;
    watched(const watched&) = delete;
    watched& operator=(const watched&) = delete;
    virtual ~watched();

    void set_deadline_us(std::int64_t at) { place_->deadline_us = at; } // steady clock; INT64_MAX: none
    void set_deadline_in_ms(std::uint32_t ms) { place_->deadline_us = steady_now_us() + std::int64_t{ms} * 1000; }
    void clear_deadline() { place_->deadline_us = INT64_MAX; }
    // When not -1: the descriptor of a peer to look at; a reset or hang-up calls on_peer_gone(), a FIN calls
    // on_peer_half_closed(); each once, about three ticks later at most. Set it back to -1 before the descriptor is
    // closed. Costs nothing for those that are over within a tick.
    void watch_peer(int descriptor) {
        if (place_->registered) unregister_peer();
        place_->peer = descriptor;
        place_->seen = false;
    }

protected:
    // Called once for a deadline: it is cleared first. Close or cancel what is waited on; the flow sees its I/O fail.
    virtual void on_deadline() = 0;
    virtual void on_peer_gone() {}
    virtual void on_peer_half_closed() {}

private:
    friend class ticker;
    // What the ticker looks at: side by side with the others', or it would wait for memory at every flow.
    struct place {
        std::int64_t deadline_us = INT64_MAX;
        watched* flow = nullptr;
        int peer = -1;
        bool seen = false;       // at an earlier tick, with this peer
        bool registered = false; // the kernel reports about the peer
        bool half_closed = false;
    };
    void unregister_peer();

    place own_; // used while no ticker watches
    place* place_ = &own_;
    ticker* owner_ = nullptr;
};

class ticker {
public:
    explicit ticker(executor on);
    ticker(const ticker&) = delete;
    ticker& operator=(const ticker&) = delete;
    ~ticker();    // flows still watched are let go
    void start(); // runs until stop()
    void stop();
    void add(watched& flow);
    void remove(watched& flow); // no harm when it is not there
    std::size_t size() const;
    // Called each tick, after the deadlines. Any number; they stay until the ticker ends.
    void on_tick(std::function<void()> action);

private:
    friend class watched;
    struct state;
    std::shared_ptr<state> state_; // a pending wait keeps it
};

}
