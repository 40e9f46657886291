#pragma once

// One connection to a provider, in use by one request or idle in its lane, and the rules by which it is cut.

#include <tollgate/core/error.hpp>
#include <tollgate/runtime/net_stream.hpp>
#include <tollgate/runtime/stop_signal.hpp>
#include <tollgate/runtime/ticker.hpp>
#include <tollgate/upstream/read_buffer.hpp>

#include <cstdint>

namespace tollgate::upstream {

class lane;

// Why a wait on the connection was made to fail.
enum class cut_reason : std::uint8_t { none, deadline, stop };

class connection final : public watched {
public:
    connection(executor on, ticker& clock);
    ~connection() override { watch_peer(-1); } // before its descriptor closes

    net_stream& stream() { return stream_; }
    // One read of what is there. Nothing: ec is would_block.
    void receive(read_buffer& into, error_code& ec);
    cut_reason cut() const { return cut_; }
    // Closes the socket; whoever waits on it, or on `wake`, sees that fail.
    void cut_off(cut_reason why);
    // After an attempt at one address ran out of its share of the time: the next one starts afresh.
    void forgive_deadline() {
        if (cut_ == cut_reason::deadline) cut_ = cut_reason::none;
    }
    void wake_with(steady_timer* wake) { wake_ = wake; }

    // Idle in `home` until used, closed by the peer or too old; then `home` is told to drop it.
    void park(lane& home, std::uint32_t keep_idle_ms);
    // Takes it out of idleness. False when it can not carry a request: the peer closed it, or sent what nobody asked
    // for.
    bool unpark();

private:
    void on_deadline() override;
    void on_peer_gone() override;
    void on_peer_half_closed() override;
    void leave_home();

    net_stream stream_;
    steady_timer* wake_ = nullptr;
    lane* home_ = nullptr; // while idle
    cut_reason cut_ = cut_reason::none;
};

// While it lives, the connection is cut when the deadline passes or the stop fires.
class waiting {
public:
    waiting(connection& on, stop_signal& stop, std::int64_t deadline_us) : on_(on), stop_(stop) {
        on_.set_deadline_us(deadline_us);
        stop_.on_fire([&cut = on_] { cut.cut_off(cut_reason::stop); });
    }
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() {
        stop_.on_fire({});
        on_.clear_deadline();
    }

private:
    connection& on_;
    stop_signal& stop_;
};

// The failure of a wait on `on` as the port tells it. `doing` completes "... while ".
error failure_of(const connection& on, const error_code& ec, const char* doing);

}
