#pragma once

// "Stop your I/O": fired at most once, on the I/O thread that owns it. Whoever waits on a socket registers how to
// make that wait fail; the flow itself runs on to its settlement.

#include <functional>
#include <utility>

namespace tollgate {

class stop_signal {
public:
    bool fired() const { return fired_; }
    void fire() {
        if (fired_) return;
        fired_ = true;
        if (auto action = std::exchange(action_, {})) action();
    }
    // One action at a time; empty clears it. Runs at once when the signal has fired already.
    void on_fire(std::function<void()> action) {
        if (fired_ && action) return action();
        action_ = std::move(action);
    }

private:
    bool fired_ = false;
    std::function<void()> action_;
};

}
