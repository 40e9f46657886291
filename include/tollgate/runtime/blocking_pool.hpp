#pragma once

// Blocking calls (SQL for people, file reads) on a few threads of their own, awaited from an I/O thread.

#include <tollgate/core/assert.hpp>
#include <tollgate/runtime/task.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace tollgate {

class blocking_pool {
public:
    blocking_pool(std::size_t threads, std::size_t waiting_max) : pool_(threads), waiting_max_(waiting_max) {}
    ~blocking_pool() { pool_.join(); }

    // Runs `work` on the pool; resumes on `on`. Nothing when too much is waiting already. `work` must not throw.
    template <class Work>
    task<std::optional<std::invoke_result_t<Work>>> run(executor on, Work work) {
        using value = std::invoke_result_t<Work>;
        if (waiting_.fetch_add(1) >= waiting_max_) {
            waiting_.fetch_sub(1);
            co_return std::nullopt;
        }
        auto answer = std::make_shared<std::optional<value>>();
        auto start = [this, on, answer, work = std::move(work)](auto handler) mutable {
            net::post(pool_, [this, on, answer, work = std::move(work), handler = std::move(handler)]() mutable {
                answer->emplace(work());
                waiting_.fetch_sub(1);
                net::post(on, [handler = std::move(handler)]() mutable { handler(); });
            });
        };
        co_await net::async_initiate<const net::use_awaitable_t<executor>, void()>(std::move(start), use_task);
        co_return std::move(*answer);
    }

private:
    net::thread_pool pool_;
    std::size_t waiting_max_;
    std::atomic<std::size_t> waiting_{0};
};

}
