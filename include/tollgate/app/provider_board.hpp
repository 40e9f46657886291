#pragma once

// What this process knows of its providers: breaker and speed of each, shared by the I/O threads without locks.

#include <tollgate/core/circuit_breaker.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate::app {

// Everything here may be called by any thread; times are steady, in microseconds.
class provider_health {
public:
    bool usable(std::int64_t now_us) const;
    circuit_breaker breaker() const { return circuit_breaker::unpacked(breaker_.load(std::memory_order_relaxed)); }
    // Smoothed time to the head of an answer; 0: not known.
    std::uint32_t latency_us() const { return latency_us_.load(std::memory_order_relaxed); }
    std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

    void begin(std::int64_t now_us);
    void answered(std::int64_t now_us, std::int64_t took_us);
    void failed(std::int64_t now_us);
    void limited(std::int64_t now_us, std::uint32_t retry_after_ms); // 429
    // The provider refused the gateway's credentials. True when it is time to tell the operator again.
    bool refused_credentials(std::int64_t now_us);

private:
    template <class Next>
    void move_on(Next next);

    std::atomic<std::uint64_t> breaker_{0};
    std::atomic<std::uint32_t> latency_us_{0};
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::int64_t> told_us_{0};
};

// By name, so that a reload keeps what is known. Grows with the names that configurations have held.
class provider_board {
public:
    using complaint = std::function<void(std::string_view provider, int status)>;

    provider_health& of(std::string_view provider); // any thread; stays valid
    struct entry {
        std::string name;
        const provider_health* health;
    };
    std::vector<entry> all() const; // by name

    // Called by any thread when a provider refuses the gateway's credentials, at most once a minute and provider. Set
    // it before the threads start.
    void on_refused_credentials(complaint tell) { tell_ = std::move(tell); }
    void complain(std::string_view provider, int status) const {
        if (tell_) tell_(provider, status);
    }

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::unique_ptr<provider_health>> known_;
    complaint tell_;
};

// One I/O thread's way to the board: each provider is looked up there once.
class provider_watch {
public:
    provider_watch() : board_(std::make_shared<provider_board>()) {}
    explicit provider_watch(std::shared_ptr<provider_board> board) : board_(std::move(board)) {}

    provider_health& of(const std::string& provider) {
        if (last_ && last_->first == provider) return *last_->second; // asked several times a request
        const auto [at, fresh] = known_.try_emplace(provider, nullptr);
        if (fresh) at->second = &board_->of(provider);
        last_ = &*at;
        return *at->second;
    }
    const provider_board& board() const { return *board_; }

private:
    std::shared_ptr<provider_board> board_;
    std::unordered_map<std::string, provider_health*> known_;
    const std::pair<const std::string, provider_health*>* last_ = nullptr; // of known_, where nothing moves
};

}
