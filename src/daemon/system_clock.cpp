#include <tollgate/daemon/system_clock.hpp>

#include <tollgate/core/assert.hpp>
#include <tollgate/runtime/ticker.hpp>

#include <openssl/rand.h>

#include <boost/asio/redirect_error.hpp>

#include <chrono>

namespace tollgate {

instant wall_clock_now() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

instant system_clock::now() const { return wall_clock_now(); }

std::int64_t system_clock::steady_us() const { return steady_now_us(); }

task<> system_clock::sleep(std::uint32_t ms) {
    steady_timer timer(on_, std::chrono::milliseconds(ms));
    boost::system::error_code ignored;
    co_await timer.async_wait(net::redirect_error(use_task, ignored));
}

std::uint64_t system_rng::next() {
    if (used_ == drawn_.size()) {
        const int ok = RAND_bytes(reinterpret_cast<unsigned char*>(drawn_.data()), sizeof drawn_);
        TG_ASSERT(ok == 1);
        used_ = 0;
    }
    return drawn_[used_++];
}

}
