#pragma once

// The request log: each I/O thread appends to a buffer of its own, one thread writes them out. A line waits for
// limits::log_flush_ms at most. Nothing ever waits for the disk: when a buffer is full its lines are dropped and
// counted. Lines of one I/O thread keep their order.
//
// The process must ignore SIGPIPE, or a closed pipe on stdout ends it.

#include <tollgate/core/limits.hpp>
#include <tollgate/ports/request_log.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tollgate::observability {

class request_log_writer {
public:
    // "stdout", "off", or a file that is appended to. Throws std::runtime_error when the file cannot be opened.
    // `buffer_bytes_max` is a buffer's, so of one I/O thread.
    explicit request_log_writer(std::string target, std::size_t buffer_bytes_max = limits::log_buffer_bytes_max);
    ~request_log_writer();
    request_log_writer(const request_log_writer&) = delete;
    request_log_writer& operator=(const request_log_writer&) = delete;

    // The log of one I/O thread; lives as long as this. Before start().
    ports::request_log& add_thread();

    void start();
    // Writes what is buffered (for limits::log_drain_ms_max at most, should nobody read), then ends the thread.
    void stop();
    // The file has been moved away: opens it again by its name. Any thread. When that fails the old one stays open.
    void reopen();

    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); } // lines
    std::uint64_t reopen_failures() const { return reopen_failures_.load(std::memory_order_relaxed); }

private:
    class buffer;
    void loop();
    bool write_all();
    void write_out(std::string_view lines);
    bool wait_writable();
    void reopen_now();
    void wake();

    std::string target_;
    std::size_t buffer_bytes_max_;
    int file_ = -1;
    bool in_small_parts_ = false;             // a pipe or a terminal: a large write could block past every deadline
    std::unique_ptr<ports::request_log> off_; // for "off"
    std::vector<std::unique_ptr<buffer>> buffers_;
    std::string spare_; // the writer's; it and the buffers take turns
    std::atomic<std::uint64_t> dropped_{0}, reopen_failures_{0};
    std::atomic<bool> reopen_{false};

    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false, woken_ = false; // under mutex_
    std::int64_t give_up_us_ = INT64_MAX;   // the writer's, once stopping
    std::thread thread_;
};

}
