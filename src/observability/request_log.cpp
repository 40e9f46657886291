#include <tollgate/observability/request_log.hpp>

#include <tollgate/core/assert.hpp>
#include <tollgate/runtime/thread_name.hpp>
#include <tollgate/runtime/ticker.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace tollgate::observability {

namespace {

constexpr std::size_t flush_bytes = 64 * 1024;  // the writer is woken before its time
constexpr std::size_t spare_bytes = 256 * 1024; // capacity that an emptied buffer keeps
constexpr std::size_t file_part_bytes = 256 * 1024;
constexpr std::size_t pipe_part_bytes = 4 * 1024; // a writable pipe takes this much without blocking
constexpr int poll_ms = 50;

int open_to_append(const std::string& path) {
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

std::uint64_t lines_in(std::string_view text) { return static_cast<std::uint64_t>(std::ranges::count(text, '\n')); }

}

// The lock is taken by its own thread for each line and by the writer for an instant per flush: never fought over.
class request_log_writer::buffer final : public ports::request_log {
public:
    explicit buffer(request_log_writer& owner) : owner_(owner) {}

    void write(std::string_view json_line) override {
        bool crossed = false;
        {
            const std::lock_guard lock(mutex_);
            const std::size_t before = lines_.size();
            const std::size_t after = before + json_line.size() + 1;
            if (after > owner_.buffer_bytes_max_) {
                owner_.dropped_.fetch_add(1, std::memory_order_relaxed);
                return;
            }
            lines_.append(json_line);
            lines_ += '\n';
            crossed = before < flush_bytes && after >= flush_bytes;
        }
        if (crossed) owner_.wake();
    }

    // Swaps the lines so far with `into`, which is empty.
    void take(std::string& into) {
        const std::lock_guard lock(mutex_);
        lines_.swap(into);
    }

private:
    request_log_writer& owner_;
    std::mutex mutex_;
    std::string lines_; // under mutex_
};

namespace {

class no_log final : public ports::request_log {
public:
    void write(std::string_view) override {}
};

}

request_log_writer::request_log_writer(std::string target, std::size_t buffer_bytes_max)
    : target_(std::move(target)), buffer_bytes_max_(buffer_bytes_max), off_(std::make_unique<no_log>()) {
    if (target_ == "off") return;
    file_ = target_ == "stdout" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : open_to_append(target_);
    if (file_ < 0)
        throw std::runtime_error("the request log " + target_ + " cannot be opened: " + std::strerror(errno));
    struct stat about{};
    in_small_parts_ = ::fstat(file_, &about) == 0 && !S_ISREG(about.st_mode);
}

request_log_writer::~request_log_writer() {
    stop();
    if (file_ >= 0) ::close(file_);
}

ports::request_log& request_log_writer::add_thread() {
    TG_ASSERT(!thread_.joinable());
    if (file_ < 0) return *off_;
    return *buffers_.emplace_back(std::make_unique<buffer>(*this));
}

void request_log_writer::start() {
    TG_ASSERT(!thread_.joinable());
    if (file_ < 0) return;
    thread_ = std::thread([this] {
        name_this_thread("request-log");
        loop();
    });
}

void request_log_writer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void request_log_writer::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_one();
}

void request_log_writer::reopen() {
    reopen_.store(true);
    wake();
}

void request_log_writer::loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait_for(lock, std::chrono::milliseconds(limits::log_flush_ms), [this] { return stopping_ || woken_; });
        const bool last = stopping_;
        woken_ = false;
        if (last) give_up_us_ = steady_now_us() + std::int64_t{limits::log_drain_ms_max} * 1000;
        lock.unlock();
        if (reopen_.exchange(false)) reopen_now();
        const bool wrote = write_all();
        if (last && !wrote) return;
        lock.lock();
    }
}

// False: there was nothing.
bool request_log_writer::write_all() {
    bool any = false;
    for (const auto& each : buffers_) {
        spare_.clear();
        if (spare_.capacity() > spare_bytes) spare_ = std::string();
        each->take(spare_);
        any = any || !spare_.empty();
        write_out(spare_);
    }
    return any;
}

void request_log_writer::write_out(std::string_view lines) {
    const std::size_t part = in_small_parts_ ? pipe_part_bytes : file_part_bytes;
    while (!lines.empty()) {
        const ssize_t done = wait_writable() ? ::write(file_, lines.data(), std::min(lines.size(), part)) : -1;
        if (done > 0) {
            lines.remove_prefix(static_cast<std::size_t>(done));
            continue;
        }
        if (done < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        dropped_.fetch_add(lines_in(lines), std::memory_order_relaxed); // disk full, pipe closed, nobody reads
        return;
    }
}

// False: time is up. Files are always writable.
bool request_log_writer::wait_writable() {
    if (!in_small_parts_) return true;
    for (;;) {
        pollfd wanted{file_, POLLOUT, 0};
        const int ready = ::poll(&wanted, 1, poll_ms);
        if (ready > 0) return true;
        {
            const std::lock_guard lock(mutex_);
            if (stopping_ && give_up_us_ == INT64_MAX)
                give_up_us_ = steady_now_us() + std::int64_t{limits::log_drain_ms_max} * 1000;
        }
        if (steady_now_us() >= give_up_us_) {
            errno = ETIMEDOUT;
            return false;
        }
    }
}

void request_log_writer::reopen_now() {
    if (in_small_parts_ || target_ == "stdout") return;
    const int fresh = open_to_append(target_);
    if (fresh < 0) {
        reopen_failures_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    ::close(std::exchange(file_, fresh));
}

}
