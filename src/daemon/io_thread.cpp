#include "io_thread.hpp"

#include <tollgate/app/routes.hpp>
#include <tollgate/runtime/thread_name.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace tollgate {

io_thread::io_thread(const shared_parts& shared, ports::request_log& log, const http::server_options& options,
                     http::handler routes_first)
    : ledger_(context_.get_executor(), shared.writer, steady_now_us),
      keys_(context_.get_executor(), shared.key_cache, shared.hasher), confirmations_(shared.confirmations),
      pool_(context_.get_executor(), ticker_, shared.tls_contexts, names_), services_{shared.config,
                                                                                      keys_,
                                                                                      ledger_,
                                                                                      pool_,
                                                                                      clock_,
                                                                                      random_,
                                                                                      log,
                                                                                      metrics_,
                                                                                      shared.accounts,
                                                                                      confirmations_,
                                                                                      digests_,
                                                                                      shared.retries,
                                                                                      context_.get_executor(),
                                                                                      shared.node,
                                                                                      &shared.stopping} {
    services_.providers = app::provider_watch(shared.board);
    server_ = std::make_unique<http::server>(context_.get_executor(), ticker_, options, std::move(routes_first));
    ticker_.on_tick([this] {
        ledger_.on_tick();
        if (server_) connections_.store(server_->connections(), std::memory_order_relaxed);
    });
}

io_thread::~io_thread() { TG_ASSERT(!thread_.joinable()); }

std::uint16_t io_thread::listen() { return server_->listen(); }

void io_thread::start() {
    ticker_.start();
    thread_ = std::thread([this] {
        name_this_thread("io");
        context_.run();
    });
}

void io_thread::begin_drain(std::uint32_t grace_ms) {
    net::post(context_, [this, grace_ms] {
        server_->stop_accepting();
        auto drain = server_->drain(grace_ms);
        net::co_spawn(context_, std::move(drain), [this](std::exception_ptr failed) {
            if (failed)
                drained_.set_exception(failed);
            else
                drained_.set_value();
        });
    });
}

void io_thread::wait_drained(std::uint32_t ms_max) {
    auto done = drained_.get_future();
    if (done.wait_for(std::chrono::milliseconds(ms_max)) == std::future_status::ready) done.get();
}

void io_thread::stop() {
    net::post(context_, [this] {
        ticker_.stop();
        server_.reset();
        busy_.reset();
        context_.stop();
    });
    if (thread_.joinable()) thread_.join();
}

}
