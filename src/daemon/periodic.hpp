#pragma once

// Work that repeats on a thread of its own until it is told to stop.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace tollgate {

class periodic {
public:
    periodic(std::uint32_t every_ms, std::function<void()> work) : every_ms_(every_ms), work_(std::move(work)) {}
    ~periodic() { stop(); }
    periodic(const periodic&) = delete;
    periodic& operator=(const periodic&) = delete;

    void start() {
        thread_ = std::thread([this] { loop(); });
    }
    void soon() { // any thread
        {
            const std::lock_guard lock(mutex_);
            due_ = true;
        }
        wake_.notify_one();
    }
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

private:
    void loop() {
        std::unique_lock lock(mutex_);
        for (;;) {
            wake_.wait_for(lock, std::chrono::milliseconds(every_ms_), [this] { return stopping_ || due_; });
            if (stopping_) return;
            due_ = false;
            lock.unlock();
            work_();
            lock.lock();
        }
    }

    std::uint32_t every_ms_;
    std::function<void()> work_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false, due_ = false;
    std::thread thread_;
};

}
